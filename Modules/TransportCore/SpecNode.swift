/// A place in a source text. Lines and columns count from 1; a column counts Unicode scalars.
public struct SourcePosition: Hashable, Sendable, Comparable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A piece of a `module.yaml`: text, a list, or keys with values, each with its place in the file.
public struct SpecNode: Hashable, Sendable {
    /// What a node holds.
    public enum Content: Hashable, Sendable {
        /// Text as written, after `${NAME}` substitution; numbers and booleans stay text until somebody reads them as such.
        case scalar(String)
        case sequence([SpecNode])
        /// Keys in the order of the file.
        case mapping([Entry])
        /// Nothing was written after the key.
        case null
    }

    /// A key with its value.
    public struct Entry: Hashable, Sendable {
        public let key: String
        public let keyPosition: SourcePosition
        public let value: SpecNode

        public init(key: String, keyPosition: SourcePosition, value: SpecNode) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    public let position: SourcePosition
    public let content: Content

    public init(_ content: Content, at position: SourcePosition) {
        self.content = content
        self.position = position
    }

    /// The entries of a mapping; none for every other content.
    public var entries: [Entry] {
        if case .mapping(let entries) = content { entries } else { [] }
    }

    /// The items of a sequence; none for every other content.
    public var items: [SpecNode] {
        if case .sequence(let items) = content { items } else { [] }
    }

    /// The text of a scalar; `nil` for every other content.
    public var text: String? {
        if case .scalar(let text) = content { text } else { nil }
    }

    /// The entry of a mapping with that key; the first one, should there be two.
    public func entry(_ key: String) -> Entry? {
        entries.first { $0.key == key }
    }

    /// The value that a mapping has for `key`.
    public subscript(key: String) -> SpecNode? {
        entry(key)?.value
    }

    /// What a reader would call this content: `text`, `a list`, `keys with values`, `nothing`.
    public var kindDescription: String {
        switch content {
        case .scalar: "text"
        case .sequence: "a list"
        case .mapping: "keys with values"
        case .null: "nothing"
        }
    }
}
