/// Tells when a file has become another one. Editors write files in pieces, so it has to be seen twice the same.
struct FileChange<Contents: Equatable> {
    private var last: Contents
    /// What was told of last; what it was before that, where nothing was.
    private var told: Contents

    /// - Parameter contents: what is in use.
    init(from contents: Contents) {
        last = contents
        told = contents
    }

    /// The file has been looked at.
    /// - Returns: whether it is another one now.
    mutating func looked(at contents: Contents) -> Bool {
        defer { last = contents }
        guard contents == last, contents != told else { return false }
        told = contents
        return true
    }
}
