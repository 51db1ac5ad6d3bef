/// What a message may be named by, wherever it comes from.
package enum IdempotencyKey {
    /// The field of a request that says it.
    static let field = "Idempotency-Key"
    /// How many bytes a key may have.
    private static let longest = 256

    /// What keeps a text from being a key, such as "has 257 bytes; write 1 to 256"; `nil` for nothing.
    package static func problem(with key: String) -> String? {
        let count = key.utf8.count
        if count == 0 || count > longest { return "has \(count) bytes; write 1 to \(longest)" }
        // Bytes that are not UTF-8 have been replaced by U+FFFD, so that different keys may have become the same one.
        let isText = key.unicodeScalars.allSatisfy { $0 != "\u{FFFD}" && $0.properties.generalCategory != .control }
        return isText ? nil : "is no text; write letters, digits, signs and spaces as UTF-8"
    }
}
