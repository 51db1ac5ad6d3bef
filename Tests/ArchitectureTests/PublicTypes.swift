/// The types that a source file declares for everybody.
enum PublicTypes {
    private static let kinds: Set = ["struct", "class", "enum", "protocol", "actor", "typealias"]
    private static let modifiers: Set = ["final", "indirect", "nonisolated", "distributed"]

    /// The names of the public types at the top level. Nested ones carry the name of the type around them.
    static func names(in source: String) -> [String] {
        let tokens = SwiftTokens(source).all.map(\.token)
        var names: [String] = []
        var depth = 0
        for (place, token) in tokens.enumerated() {
            switch token {
            case .symbol("{"): depth += 1
            case .symbol("}"): depth -= 1
            case .word("public") where depth == 0, .word("open") where depth == 0:
                if let name = typeName(after: place, in: tokens) {
                    names.append(name)
                }
            case .word, .quoted, .string, .symbol: continue
            }
        }
        return names
    }

    private static func typeName(after place: Int, in tokens: [SwiftToken]) -> String? {
        var place = place + 1
        while place < tokens.count, case .word(let word) = tokens[place], modifiers.contains(word) { place += 1 }
        guard place + 1 < tokens.count, case .word(let kind) = tokens[place], kinds.contains(kind) else { return nil }
        switch tokens[place + 1] {
        case .word(let name), .quoted(let name): return name
        case .string, .symbol: return nil
        }
    }
}
