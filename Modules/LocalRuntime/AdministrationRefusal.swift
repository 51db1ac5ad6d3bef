/// Why something was not done that a tool asked for.
struct AdministrationRefusal: Error, Hashable, Sendable {
    /// In a sentence without a full stop.
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
