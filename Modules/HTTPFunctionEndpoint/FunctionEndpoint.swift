public import SpecParser
public import TransportCore
public import TypeName
public import URLTemplate

/// One endpoint of a module, checked: which functions it serves, where, and with which transport.
public struct FunctionEndpoint: Sendable {
    /// What the file says.
    public let spec: ModuleEndpointSpec
    /// Every option of its transport as it takes effect, defaults included.
    public let options: [EffectiveOption]

    /// The functions that it serves.
    public var targets: TargetFunctions { spec.targets.value }
    /// Where they are served.
    public var urlPathTemplate: URLPathTemplate { spec.urlPathTemplate.value }
}

/// Which endpoint serves a function, and why.
public struct FunctionResolution: Sendable {
    /// The function that was asked for.
    public let function: TypeName
    /// The endpoint that wins.
    public let endpoint: FunctionEndpoint
    /// Every endpoint that covers the function, the winning one first.
    public let candidates: [FunctionEndpoint]
    /// Where the function is called.
    public let url: EndpointURL
}

/// Why a function cannot be called by a module.
public struct FunctionResolutionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do about it, in a sentence without a full stop.
    public let description: String
}
