/// How ``Mailboxes`` stand at one moment.
public struct MailboxFigures: Sendable, Hashable {
    /// Addresses with a call in flight or something that waits. Nothing is kept for any other.
    public var addresses: Int
    public var callsInFlight: Int
    /// Senders that have had no answer.
    public var senders: Int
    /// Function types that have such an address, or have answered.
    public var functionTypes: Int

    public init(addresses: Int = 0, callsInFlight: Int = 0, senders: Int = 0, functionTypes: Int = 0) {
        self.addresses = addresses
        self.callsInFlight = callsInFlight
        self.senders = senders
        self.functionTypes = functionTypes
    }
}
