/// An `import` in Swift source.
struct ImportStatement: Equatable {
    let module: String
    /// The access level, where one is written.
    let access: String?
    /// Attributes without their `@` and arguments.
    let attributes: [String]
    let line: Int

    private static let accessLevels: Set = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set = ["typealias", "struct", "class", "enum", "protocol", "let", "var", "func"]

    /// Every import of a source file, also those inside `#if`.
    static func all(in source: String) -> [ImportStatement] {
        let tokens = SwiftTokens(source).all
        var statements: [ImportStatement] = []
        var depth = 0
        for (place, (token, line)) in tokens.enumerated() {
            switch token {
            case .symbol("("), .symbol("["): depth += 1
            case .symbol(")"), .symbol("]"): depth -= 1
            case .word("import") where depth == 0:
                // A member can be called `import` too.
                if place > 0, tokens[place - 1].token == .symbol(".") { continue }
                guard let module = module(after: place, in: tokens.map(\.token)) else { continue }
                let (access, attributes) = modifiers(before: place, in: tokens.map(\.token))
                statements.append(ImportStatement(module: module, access: access, attributes: attributes, line: line))
            case .word, .quoted, .string, .symbol: continue
            }
        }
        return statements
    }

    private static func name(_ token: SwiftToken) -> String? {
        switch token {
        case .word(let name), .quoted(let name): name
        case .string, .symbol: nil
        }
    }

    private static func module(after place: Int, in tokens: [SwiftToken]) -> String? {
        guard place + 1 < tokens.count, let first = name(tokens[place + 1]) else { return nil }
        if kinds.contains(first), place + 2 < tokens.count, let second = name(tokens[place + 2]) {
            return second
        }
        return first
    }

    private static func modifiers(before place: Int, in tokens: [SwiftToken]) -> (access: String?, attributes: [String]) {
        var access: String?
        var attributes: [String] = []
        var end = place
        while end > 0 {
            if case .word(let word) = tokens[end - 1], accessLevels.contains(word) {
                access = word
                end -= 1
            } else if let (attribute, start) = attribute(endingAt: end, in: tokens) {
                attributes.insert(attribute, at: 0)
                end = start
            } else {
                break
            }
        }
        return (access, attributes)
    }

    /// The attribute whose last token lies before `end`, and where it begins.
    private static func attribute(endingAt end: Int, in tokens: [SwiftToken]) -> (name: String, start: Int)? {
        var place = end - 1
        if tokens[place] == .symbol(")") {
            guard let open = tokens[..<place].lastIndex(of: .symbol("(")), open > 0 else { return nil }
            place = open - 1
        }
        guard place > 0, case .word(let name) = tokens[place], tokens[place - 1] == .symbol("@") else { return nil }
        return (name, place - 1)
    }
}
