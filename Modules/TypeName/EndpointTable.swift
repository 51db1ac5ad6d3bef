/// From function types to endpoints: an endpoint for one function wins over one for its namespace, whichever was added
/// first (HTTP Function Endpoint, "Target functions").
///
/// Looking up takes the same time whatever the number of targets, and allocates nothing.
public struct EndpointTable<Endpoint: Sendable>: Sendable {
    /// A target with the endpoint that it leads to.
    public struct Entry: Sendable {
        public let target: TargetFunctions
        public let endpoint: Endpoint
    }

    /// Everything that was added, in that order.
    public private(set) var entries: [Entry] = []
    /// Where in ``entries`` the entries of functions are.
    @usableFromInline var index = TargetIndex()

    public init() {}

    /// Adds an endpoint.
    /// - Throws: ``DuplicateTarget`` where the same target leads to an endpoint already; the table stays as it was.
    public mutating func add(_ target: TargetFunctions, _ endpoint: Endpoint) throws(DuplicateTarget<Endpoint>) {
        let function = target.typeName
        let known = if let function { findExact(function) } else { index.findNamespace(target.namespaceText) }
        if let known {
            throw DuplicateTarget(target: target, existing: entries[known].endpoint, new: endpoint)
        }
        if let function {
            index.addExact(function.fingerprint, number: entries.count)
        } else {
            index.addNamespace(target.namespaceText, number: entries.count)
        }
        // Targets of one namespace mostly follow each other, and then have its text in memory once.
        entries.append(Entry(target: target.sharingNamespace(of: entries.last?.target), endpoint: endpoint))
    }

    @inlinable func findExact(_ function: TypeName) -> Int? {
        index.findExact(function.fingerprint) { entries[$0].target.isExactly(function) }
    }

    @inlinable func find(_ function: TypeName) -> Int? {
        findExact(function) ?? index.findNamespace(of: function)
    }

    /// The entry that wins for a function; its target's precision says why. `nil` where no target covers the function.
    @inlinable public subscript(function: TypeName) -> Entry? {
        find(function).map { entries[$0] }
    }

    /// The endpoint of the entry that wins for a function, without its target; `nil` where no target covers the function.
    @inlinable public func endpoint(of function: TypeName) -> Endpoint? {
        find(function).map { entries[$0].endpoint }
    }

    /// Every entry whose target covers a function, the winning one first.
    public func entries(covering function: TypeName) -> [Entry] {
        [findExact(function), index.findNamespace(of: function)].compactMap { $0.map { entries[$0] } }
    }
}

extension EndpointTable.Entry: Equatable where Endpoint: Equatable {}
extension EndpointTable.Entry: Hashable where Endpoint: Hashable {}

/// Two endpoints are meant for the same functions, so nothing says which one to call.
public struct DuplicateTarget<Endpoint: Sendable>: Error {
    /// What both of them are for.
    public let target: TargetFunctions
    /// The endpoint that was added first, and stays.
    public let existing: Endpoint
    /// The endpoint that was refused.
    public let new: Endpoint

    public init(target: TargetFunctions, existing: Endpoint, new: Endpoint) {
        self.target = target
        self.existing = existing
        self.new = new
    }
}

extension DuplicateTarget: Equatable where Endpoint: Equatable {}

extension DuplicateTarget: CustomStringConvertible {
    public var description: String {
        "two endpoints are for \(target); remove one of them, or give each a target of its own"
    }
}
