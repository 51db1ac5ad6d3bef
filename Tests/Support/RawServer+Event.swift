extension RawServer {
    /// What happened on a connection.
    public enum Event: Sendable, Equatable {
        case accepted
        /// Exactly these bytes came in; inside TLS, what they said.
        case received([UInt8])
        /// The script has come to a step, and where it takes bytes, these are there.
        case began(Step)
        /// The connection is closed, by whomever.
        case closed(inOrder: Bool)
    }
}
