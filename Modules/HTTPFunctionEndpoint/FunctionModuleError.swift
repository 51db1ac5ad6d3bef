internal import SpecParser

/// A module that cannot be used as it is.
public struct FunctionModuleError: Error, Sendable, CustomStringConvertible {
    /// The module, with everything that is wrong in its diagnostics.
    public let module: FunctionModule

    public init(module: FunctionModule) {
        self.module = module
    }

    /// Every problem with its line of the file.
    public var description: String {
        DiagnosticRenderer().render(module.diagnostics, in: [module.text])
    }
}
