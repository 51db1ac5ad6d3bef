/// A table by names that are told apart by their bytes, as ``ExactName`` says, with the names written as text.
///
/// Public, and not the package's own, because the compiler makes no version of a package's generic code for the values of
/// another module: a message through the runtime would take a sixth more instructions, and nearly twice the allocations.
public struct NameTable<Value> {
    /// A name with what it stands for; the latter is `nil` only while it is being changed.
    @usableFromInline
    struct Entry {
        @usableFromInline let name: ExactName
        @usableFromInline var value: Value?

        @usableFromInline
        init(name: ExactName, value: Value?) {
            self.name = name
            self.value = value
        }
    }

    /// Up to so many names are looked at one after the other, which takes less time than to hash one. Nearly every function has
    /// fewer states.
    @usableFromInline static var fewNames: Int { 8 }

    @usableFromInline var entries: [Entry]
    /// Where the names are; empty while there are few.
    @usableFromInline var places: [ExactName: Int]

    /// A table without names.
    @inlinable
    public init() {
        entries = []
        places = [:]
    }

    /// Of several values with one name the first one is kept.
    @inlinable
    public init(_ values: some Sequence<(String, Value)>) {
        self.init()
        for (name, value) in values where place(of: name) == nil {
            append(name, value)
        }
    }

    /// How many names there are.
    @inlinable public var count: Int { entries.count }
    /// Whether there is no name.
    @inlinable public var isEmpty: Bool { entries.isEmpty }
    /// In no particular order.
    @inlinable public var names: [String] { entries.map(\.name.text) }
    /// In no particular order.
    @inlinable public var values: some Collection<Value> { entries.lazy.compactMap(\.value) }

    /// The value of a name; `nil` where there is none, and setting `nil` removes it.
    @inlinable
    public subscript(name: String) -> Value? {
        get {
            guard let place = place(of: name) else { return nil }
            // Where it is: otherwise its name is copied with it.
            return entries.withUnsafeBufferPointer { $0[place].value }
        }
        _modify {
            let place = place(of: name) ?? append(name, nil)
            defer {
                if entries[place].value == nil {
                    remove(at: place)
                }
            }
            yield &entries[place].value
        }
    }

    /// The value of a name, or `value` where there is none.
    @inlinable
    public subscript(name: String, default value: @autoclosure () -> Value) -> Value {
        get { self[name] ?? value() }
        _modify {
            let place = place(of: name) ?? append(name, nil)
            // Out of the table, so that it is not copied when it is changed.
            var changed = entries[place].value.take() ?? value()
            defer { entries[place].value = changed }
            yield &changed
        }
    }

    /// - Returns: the value that the name had.
    @inlinable
    @discardableResult
    public mutating func removeValue(forName name: String) -> Value? {
        place(of: name).flatMap { remove(at: $0) }
    }

    /// - Returns: the value that the name had before.
    @inlinable
    @discardableResult
    public mutating func updateValue(_ value: Value, forName name: String) -> Value? {
        guard let place = place(of: name) else {
            append(name, value)
            return nil
        }
        let before = entries[place].value
        entries[place].value = value
        return before
    }

    /// Those that satisfy a condition.
    @inlinable
    public func filter(_ isIncluded: ((name: String, value: Value)) -> Bool) -> NameTable {
        NameTable(lazy.filter(isIncluded).map { ($0.name, $0.value) })
    }

    /// In the order of the bytes of their names.
    @inlinable
    public func sorted() -> [(name: String, value: Value)] {
        map { $0 }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    // MARK: - Places

    @inlinable
    func place(of name: String) -> Int? {
        guard places.isEmpty else { return places[ExactName(name)] }
        for place in entries.indices where entries[place].name.text.hasSameBytes(as: name) { return place }
        return nil
    }

    /// - Returns: where it is.
    @inlinable
    @discardableResult
    mutating func append(_ name: String, _ value: Value?) -> Int {
        entries.append(Entry(name: ExactName(name), value: value))
        let place = entries.count - 1
        if !places.isEmpty {
            places[ExactName(name)] = place
        } else if entries.count > Self.fewNames {
            for (place, entry) in entries.enumerated() { places[entry.name] = place }
        }
        return place
    }

    @inlinable
    @discardableResult
    mutating func remove(at place: Int) -> Value? {
        if !places.isEmpty {
            places[entries[entries.count - 1].name] = place
            places[entries[place].name] = nil
        }
        entries.swapAt(place, entries.count - 1)
        return entries.removeLast().value
    }
}

extension NameTable: Sequence {
    /// In no particular order.
    @inlinable
    public func makeIterator() -> some IteratorProtocol<(name: String, value: Value)> {
        entries.lazy.compactMap { entry in entry.value.map { (name: entry.name.text, value: $0) } }.makeIterator()
    }
}

extension NameTable: Equatable where Value: Equatable {
    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.name] == $0.value }
    }
}

extension NameTable: Sendable where Value: Sendable {}
extension NameTable.Entry: Sendable where Value: Sendable {}

extension NameTable: ExpressibleByDictionaryLiteral {
    /// Of several values with one name the first one is kept.
    @inlinable
    public init(dictionaryLiteral elements: (String, Value)...) {
        self.init(elements)
    }
}
