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
    /// Where in ``entries`` the entry of a target is.
    @usableFromInline var index = TargetIndex()

    public init() {}

    /// Adds an endpoint.
    /// - Throws: ``DuplicateTarget`` where the same target leads to an endpoint already; the table stays as it was.
    public mutating func add(_ target: TargetFunctions, _ endpoint: Endpoint) throws(DuplicateTarget<Endpoint>) {
        if let known = index.add(target, number: entries.count) {
            throw DuplicateTarget(target: target, existing: entries[known].endpoint, new: endpoint)
        }
        entries.append(Entry(target: target, endpoint: endpoint))
    }

    /// The entry that wins for a function; its target's precision says why. `nil` where no target covers the function.
    @inlinable public subscript(function: TypeName) -> Entry? {
        index.find(function).map { entries[$0] }
    }

    /// The endpoint of the entry that wins for a function, without its target; `nil` where no target covers the function.
    @inlinable public func endpoint(of function: TypeName) -> Endpoint? {
        index.find(function).map { entries[$0].endpoint }
    }

    /// Every entry whose target covers a function, the winning one first.
    public func entries(covering function: TypeName) -> [Entry] {
        index.findAll(function).map { entries[$0] }
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
