/// The table of modules as the text of `Package.swift` has it.
struct PackageTable: Equatable {
    struct Row: Equatable {
        let name: String
        let imports: [String]
        /// Names of modules of other packages.
        let outside: [String]
    }

    let rows: [Row]

    /// Reads the rows of `let modules` and what the names of `enum Outside` stand for.
    /// - Returns: `nil` where the text has another form.
    init?(_ text: String) {
        let tokens = SwiftTokens(text).all.map(\.token)
        let products = Self.products(in: tokens)
        guard let table = Self.place(of: [.word("let"), .word("modules")], in: tokens),
            let equals = tokens[table...].firstIndex(of: .symbol("="))
        else { return nil }
        var place = equals + 1
        guard case .list(let rows)? = Self.value(in: tokens, at: &place) else { return nil }
        var read: [Row] = []
        for row in rows {
            guard case .list(let cells) = row, cells.count == 3,
                case .text(let name) = cells[0], case .list(let imports) = cells[1], case .list(let outside) = cells[2]
            else { return nil }
            read.append(
                Row(
                    name: name,
                    imports: imports.compactMap { if case .text(let name) = $0 { name } else { nil } },
                    outside: outside.compactMap { if case .outside(let name) = $0 { products[name] ?? name } else { nil } }
                )
            )
        }
        self.rows = read
    }

    private enum Value {
        case text(String)
        case outside(String)
        case list([Value])
    }

    private static func products(in tokens: [SwiftToken]) -> [String: String] {
        var products: [String: String] = [:]
        for place in tokens.indices where tokens[place] == .word("static") && place + 2 < tokens.count {
            guard case .word(let name) = tokens[place + 2],
                let product = tokens[place...].firstIndex(of: .word("product")),
                let text = tokens[product...].lazy.compactMap({ if case .string(let text) = $0 { text } else { nil } }).first
            else { continue }
            products[name] = text
        }
        return products
    }

    private static func place(of sought: [SwiftToken], in tokens: [SwiftToken]) -> Int? {
        tokens.indices.first { tokens[$0...].starts(with: sought) }
    }

    /// A literal: a string, `Outside.name`, or values in brackets of either kind.
    private static func value(in tokens: [SwiftToken], at place: inout Int) -> Value? {
        guard place < tokens.count else { return nil }
        switch tokens[place] {
        case .string(let text):
            place += 1
            return .text(text)
        case .word("Outside") where place + 2 < tokens.count:
            guard case .word(let name) = tokens[place + 2] else { return nil }
            place += 3
            return .outside(name)
        case .symbol("["), .symbol("("):
            let close: SwiftToken = tokens[place] == .symbol("[") ? .symbol("]") : .symbol(")")
            place += 1
            var values: [Value] = []
            while place < tokens.count, tokens[place] != close {
                guard let value = value(in: tokens, at: &place) else { return nil }
                values.append(value)
                if place < tokens.count, tokens[place] == .symbol(",") { place += 1 }
            }
            guard place < tokens.count else { return nil }
            place += 1
            return .list(values)
        case .word, .quoted, .symbol:
            return nil
        }
    }
}
