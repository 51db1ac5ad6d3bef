/// A table by names that are told apart by their bytes, as ``ExactName`` says, with the names written as text.
///
/// Public, and not the package's own, because the compiler makes no version of a package's generic code for the values of
/// another module: a message through the runtime would take a sixth more instructions, and nearly twice the allocations.
public struct NameTable<Value> {
    /// How the table is kept.
    public typealias Storage = [ExactName: Value]

    @usableFromInline
    var storage: Storage

    /// A table without names.
    @inlinable
    public init() {
        storage = [:]
    }

    /// Of several values with one name the first one is kept.
    @inlinable
    public init(_ values: some Sequence<(String, Value)>) {
        storage = Dictionary(values.lazy.map { (ExactName($0), $1) }, uniquingKeysWith: { first, _ in first })
    }

    /// How many names there are.
    @inlinable public var count: Int { storage.count }
    /// Whether there is no name.
    @inlinable public var isEmpty: Bool { storage.isEmpty }
    /// In no particular order.
    @inlinable public var names: [String] { storage.keys.map(\.text) }
    /// In no particular order.
    @inlinable public var values: Storage.Values { storage.values }

    /// The value of a name; `nil` where there is none, and setting `nil` removes it.
    @inlinable
    public subscript(name: String) -> Value? {
        get { storage[ExactName(name)] }
        _modify { yield &storage[ExactName(name)] }
    }

    /// The value of a name, or `value` where there is none.
    @inlinable
    public subscript(name: String, default value: @autoclosure () -> Value) -> Value {
        get { storage[ExactName(name), default: value()] }
        _modify { yield &storage[ExactName(name), default: value()] }
    }

    /// - Returns: the value that the name had.
    @inlinable
    @discardableResult
    public mutating func removeValue(forName name: String) -> Value? {
        storage.removeValue(forKey: ExactName(name))
    }

    /// - Returns: the value that the name had before.
    @inlinable
    @discardableResult
    public mutating func updateValue(_ value: Value, forName name: String) -> Value? {
        storage.updateValue(value, forKey: ExactName(name))
    }

    /// Those that satisfy a condition.
    @inlinable
    public func filter(_ isIncluded: ((name: String, value: Value)) -> Bool) -> NameTable {
        var table = NameTable()
        table.storage = storage.filter { isIncluded(($0.key.text, $0.value)) }
        return table
    }

    /// In the order of the bytes of their names.
    @inlinable
    public func sorted() -> [(name: String, value: Value)] {
        map { $0 }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

extension NameTable: Sequence {
    /// In no particular order.
    @inlinable
    public func makeIterator() -> some IteratorProtocol<(name: String, value: Value)> {
        storage.lazy.map { (name: $0.key.text, value: $0.value) }.makeIterator()
    }
}

extension NameTable: Sendable where Value: Sendable {}
extension NameTable: Equatable where Value: Equatable {}
extension NameTable: Hashable where Value: Hashable {}

extension NameTable: ExpressibleByDictionaryLiteral {
    /// Of several values with one name the first one is kept.
    @inlinable
    public init(dictionaryLiteral elements: (String, Value)...) {
        self.init(elements)
    }
}
