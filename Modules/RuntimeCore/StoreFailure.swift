/// Why a store could not do what it was asked for.
public struct StoreFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, as a program decides by it.
    public enum Kind: String, Hashable, Sendable {
        /// There is no room left. Later there may be.
        case full
        /// The file is not what was written, or no store at all. Nothing is changed in it.
        case damaged
        /// The store was written by a newer version of this program.
        case tooNew
        /// The file cannot be opened, read or written.
        case unavailable
        /// The store has been closed.
        case closed
    }

    public let kind: Kind
    /// What happened and what to do about it, in a sentence without a full stop.
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
