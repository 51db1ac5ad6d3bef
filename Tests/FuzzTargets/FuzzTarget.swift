/// What bytes from outside are fed into. Whatever they are, nothing may crash, run away, or break what the target checks.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// The text of a `module.yaml`.
    case spec
    /// What a `module.yaml` says of an endpoint's functions and URL, and the function to call there.
    case url
    /// What a peer answers on a connection.
    case response
    /// What a function answers in the body, and values as people write them.
    case wire
    /// What a client sends to the gateway.
    case request
    /// The message in which the gateway looks for an address.
    case address

    /// Feeds one input in.
    /// - Throws: ``BrokenInvariant`` where something does not hold.
    public func run(_ bytes: UnsafeRawBufferPointer) throws(BrokenInvariant) {
        switch self {
        case .spec: try SpecTarget.run(bytes)
        case .url: try URLTarget.run(bytes)
        case .response: try ResponseTarget.run(bytes)
        case .wire: try WireTarget.run(bytes)
        case .request: try RequestTarget.run(bytes)
        case .address: try AddressTarget.run(bytes)
        }
    }
}
