public import SpecParser
public import TransportCore
public import TypeName
public import URLTemplate

// `TypeName` imports nothing, so that who needs only typenames builds only that. Here, where all modules meet, its targets
// become something that a spec can hold.
extension TargetFunctions: SpecText {
    public init(specText text: String) throws(SpecTextError) {
        do throws(TypeNameError) {
            try self.init(parsing: text)
        } catch {
            throw SpecTextError(error.message, remedy: error.remedy, offset: error.offset, length: error.length)
        }
    }

    public var specText: String { description }
}

/// An HTTP function endpoint as a `module.yaml` describes it, with targets and URL read.
public typealias ModuleEndpointSpec = HTTPEndpointSpec<TargetFunctions, URLPathTemplate>
