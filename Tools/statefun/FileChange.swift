/// Tells when a file has become another one. Editors write files in pieces, so it has to be seen twice the same.
struct FileChange<Contents: Equatable> {
    /// What a look at the file comes to.
    enum News: Equatable {
        case nothing
        /// The file is another one now.
        case changed
        /// It is still the one that could not be used. What it lacked, such as a certificate, may have come meanwhile.
        case refusedBefore
    }

    /// How many looks at a file that could not be used lie between two attempts.
    static var looksBetweenAttempts: Int { 10 }

    private var last: Contents
    /// What was told of last; what it was before that, where nothing was.
    private var told: Contents
    /// How many looks there were since the file could not be used; `nil` where it could.
    private var looksSinceRefusal: Int?

    /// - Parameter contents: what is in use.
    init(from contents: Contents) {
        last = contents
        told = contents
    }

    /// The file has been looked at.
    mutating func looked(at contents: Contents) -> News {
        defer { last = contents }
        if contents == last, contents != told {
            tell(of: contents)
            return .changed
        }
        guard contents == told, let looks = looksSinceRefusal else { return .nothing }
        looksSinceRefusal = (looks + 1) % Self.looksBetweenAttempts
        return looksSinceRefusal == 0 ? .refusedBefore : .nothing
    }

    /// Somebody wants the file used as it is now.
    mutating func asked(for contents: Contents) {
        last = contents
        tell(of: contents)
    }

    private mutating func tell(of contents: Contents) {
        told = contents
        looksSinceRefusal = nil
    }

    /// What was told of last cannot be used.
    mutating func refused() {
        looksSinceRefusal = 0
    }

    /// It can be used after all.
    mutating func used() {
        looksSinceRefusal = nil
    }
}
