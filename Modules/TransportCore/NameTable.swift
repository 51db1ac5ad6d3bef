/// A table by names that are told apart by their bytes, as ``ExactName`` says, with the names written as text.
package struct NameTable<Value> {
    @usableFromInline
    package typealias Storage = [ExactName: Value]

    @usableFromInline
    var storage: Storage

    @inlinable
    package init() {
        storage = [:]
    }

    /// Of several values with one name the first one is kept.
    @inlinable
    package init(_ values: some Sequence<(String, Value)>) {
        storage = Dictionary(values.lazy.map { (ExactName($0), $1) }, uniquingKeysWith: { first, _ in first })
    }

    @inlinable package var count: Int { storage.count }
    @inlinable package var isEmpty: Bool { storage.isEmpty }
    /// In no particular order.
    @inlinable package var names: [String] { storage.keys.map(\.text) }
    /// In no particular order.
    @inlinable package var values: Storage.Values { storage.values }

    @inlinable
    package subscript(name: String) -> Value? {
        get { storage[ExactName(name)] }
        _modify { yield &storage[ExactName(name)] }
    }

    @inlinable
    package subscript(name: String, default value: @autoclosure () -> Value) -> Value {
        get { storage[ExactName(name), default: value()] }
        _modify { yield &storage[ExactName(name), default: value()] }
    }

    @inlinable
    @discardableResult
    package mutating func removeValue(forName name: String) -> Value? {
        storage.removeValue(forKey: ExactName(name))
    }

    /// - Returns: the value that the name had before.
    @inlinable
    @discardableResult
    package mutating func updateValue(_ value: Value, forName name: String) -> Value? {
        storage.updateValue(value, forKey: ExactName(name))
    }

    /// Those that satisfy a condition.
    @inlinable
    package func filter(_ isIncluded: ((name: String, value: Value)) -> Bool) -> NameTable {
        var table = NameTable()
        table.storage = storage.filter { isIncluded(($0.key.text, $0.value)) }
        return table
    }

    /// In the order of the bytes of their names.
    @inlinable
    package func sorted() -> [(name: String, value: Value)] {
        map { $0 }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

extension NameTable: Sequence {
    /// In no particular order.
    @inlinable
    package func makeIterator() -> some IteratorProtocol<(name: String, value: Value)> {
        storage.lazy.map { (name: $0.key.text, value: $0.value) }.makeIterator()
    }
}

extension NameTable: Sendable where Value: Sendable {}
extension NameTable: Equatable where Value: Equatable {}
extension NameTable: Hashable where Value: Hashable {}

extension NameTable: ExpressibleByDictionaryLiteral {
    /// Of several values with one name the first one is kept.
    @inlinable
    package init(dictionaryLiteral elements: (String, Value)...) {
        self.init(elements)
    }
}
