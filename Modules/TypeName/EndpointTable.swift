/// From function types to endpoints: an endpoint for one function wins over one for its namespace, whichever was added
/// first (HTTP Function Endpoint, "Target functions").
///
/// Looking up takes the same time whatever the number of targets, and allocates nothing.
public struct EndpointTable<Endpoint: Sendable>: Sendable {
    /// A target with the endpoint that it leads to.
    public struct Entry: Sendable {
        public let target: TargetFunctions
        public let endpoint: Endpoint

        @usableFromInline init(target: TargetFunctions, endpoint: Endpoint) {
            self.target = target
            self.endpoint = endpoint
        }
    }

    /// The targets that were added, in that order.
    @usableFromInline var index = TargetIndex()
    /// What each of them leads to. Not beside it: generic code takes a whole entry out of its storage to look at one part of it.
    @usableFromInline var endpoints: [Endpoint] = []

    public init() {}

    /// Everything that was added, in that order. Takes time for each of them.
    public var entries: [Entry] { endpoints.indices.map(entry) }

    @inlinable func entry(_ number: Int) -> Entry { Entry(target: index.targets[number], endpoint: endpoints[number]) }

    /// Adds an endpoint.
    /// - Throws: ``DuplicateTarget`` where the same target leads to an endpoint already; the table stays as it was.
    public mutating func add(_ target: TargetFunctions, _ endpoint: Endpoint) throws(DuplicateTarget<Endpoint>) {
        if let known = index.add(target) {
            throw DuplicateTarget(target: target, existing: endpoints[known], new: endpoint)
        }
        endpoints.append(endpoint)
    }

    /// The entry that wins for a function; its target's precision says why. `nil` where no target covers the function.
    @inlinable public subscript(function: TypeName) -> Entry? {
        index.find(function).map(entry)
    }

    /// The endpoint of the entry that wins for a function, without its target; `nil` where no target covers the function.
    @inlinable public func endpoint(of function: TypeName) -> Endpoint? {
        index.find(function).map { endpoints[$0] }
    }

    /// Every entry whose target covers a function, the winning one first.
    public func entries(covering function: TypeName) -> [Entry] {
        index.findAll(function).map(entry)
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
