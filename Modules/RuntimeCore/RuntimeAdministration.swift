/// What a runtime tells and does for whoever operates it.
public protocol RuntimeAdministration: Sendable {
    /// Whether messages are taken and functions called.
    func readiness() async -> Readiness

    /// Every figure, in the text format of Prometheus (version 0.0.4).
    func figures() async -> String

    /// Does what a tool asks for, such as showing the state of an address. Requests and answers are JSON texts of which
    /// only the runtime and its tools know more; one that makes no sense is answered with an error.
    func answer(_ request: [UInt8]) async -> [UInt8]
}

/// Whether a runtime does its work.
public enum Readiness: Hashable, Sendable {
    case ready
    /// It does not, for the reason that the text gives in a sentence without a full stop.
    case notReady(String)
}
