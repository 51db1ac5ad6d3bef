internal import HTTPExchange
internal import HTTPFunctionEndpoint
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SpecParser
internal import TransportCore
internal import TypeName

/// How one function is called.
final class GatewayRoute: Sendable {
    /// `namespace/name`.
    let functionType: String
    let client: any RequestReplyClient
    let endpoint: EndpointRecord
    /// The most bytes of a message.
    let payloadLimit: Int
    fileprivate let namespace: [UInt8]
    fileprivate let name: [UInt8]

    fileprivate init(_ function: TypeName, client: any RequestReplyClient, endpoint: EndpointRecord, payloadLimit: Int) {
        functionType = function.description
        self.client = client
        self.endpoint = endpoint
        self.payloadLimit = payloadLimit
        namespace = Array(function.namespace.utf8)
        name = Array(function.name.utf8)
    }

    fileprivate func serves(_ target: TargetScanner.Target, in bytes: UnsafeRawBufferPointer) -> Bool {
        target.name.count == name.count && target.namespace.count == namespace.count
            && bytes.holds(name, at: target.name.lowerBound) && bytes.holds(namespace, at: target.namespace.lowerBound)
    }
}

/// One state of the module file with the transports that call its functions. Another state gets another one, and this one is
/// shut down when the last of its calls has ended.
final class GatewayRoutes: Sendable {
    /// More functions than these are not remembered at a time: an endpoint for a namespace has any number.
    static let maxRoutes = 10_000

    /// Functions at the same URL of the same endpoint share a client.
    private struct Place: Hashable {
        let url: EndpointURL
        let endpoint: SourcePosition
    }

    private struct State {
        var routes: [Int: GatewayRoute] = [:]
        /// The one that was asked for last: messages for a function seldom come alone.
        var last: GatewayRoute?
        var clients: [Place: any RequestReplyClient] = [:]
        /// Where each endpoint is called.
        var origins: [Int: Set<Origin.Place>] = [:]
        var users = 0
        var isRetired = false
        var whenUnused: [@Sendable () -> Void] = []
    }

    let module: FunctionModule
    let transports: StandardTransports
    /// The records of the endpoints, by where they begin in the file.
    private let records: [SourcePosition: EndpointRecord]
    private let registry: TransportRegistry
    private let state = NIOLockedValueBox(State())
    /// The most bytes that the message for any endpoint may have.
    let largestPayload: Int

    init(
        _ module: FunctionModule,
        transports: StandardTransports,
        others: [any RequestReplyClientFactory],
        record: (String) -> EndpointRecord
    ) {
        self.module = module
        self.transports = transports
        registry = TransportRegistry(transports.registry.all + others)
        records = Dictionary(module.endpoints.map { ($0.spec.position, record($0.targets.description)) }) { first, _ in first }
        largestPayload = module.endpoints.map { Self.payloadLimit(of: $0) }.max() ?? 0
    }

    var endpointIDs: Set<Int> { Set(records.values.map(\.id)) }

    private static func payloadLimit(of endpoint: FunctionEndpoint) -> Int {
        endpoint.options.first { $0.name == "payload_max_bytes" }.flatMap { Int($0.value) } ?? Int(Int32.max)
    }

    /// Finds out how the target of a message is called. Whoever gets a route calls ``leave()`` when done with it.
    /// - Returns: `nil` where another state of the file has taken the place of this one.
    /// - Throws: ``GatewayRefusal`` where no endpoint serves it, or the endpoint cannot be called as it is configured.
    func enter(_ target: TargetScanner.Target, in bytes: UnsafeRawBufferPointer) throws(GatewayRefusal) -> GatewayRoute? {
        let known = state.withLockedValue { state -> GatewayRoute? in
            guard !state.isRetired else { return nil }
            if state.last?.serves(target, in: bytes) != true {
                guard let route = state.routes[Self.key(of: target, in: bytes)], route.serves(target, in: bytes) else { return nil }
                state.last = route
            }
            state.users += 1
            return state.last
        }
        if let known { return known }
        let route = try makeRoute(target, in: bytes)
        return state.withLockedValue { state in
            guard !state.isRetired else { return nil }
            if state.routes.count >= Self.maxRoutes {
                state.routes = [:]
            }
            state.routes[Self.key(of: target, in: bytes)] = route
            state.users += 1
            return route
        }
    }

    private static func key(of target: TargetScanner.Target, in bytes: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(target.namespace.count)
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[target.namespace]))
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[target.name]))
        return hasher.finalize()
    }

    /// A call that had a route is over.
    func leave() {
        let handlers = state.withLockedValue { state -> [@Sendable () -> Void] in
            state.users -= 1
            guard state.users == 0, state.isRetired else { return [] }
            defer { state.whenUnused = [] }
            return state.whenUnused
        }
        for handler in handlers {
            handler()
        }
    }

    /// Shuts the transports down when the last call has ended, and returns then. No call begins any more.
    func retire() async {
        await withCheckedContinuation { continuation in
            let isUnused = state.withLockedValue { state in
                state.isRetired = true
                guard state.users > 0 else { return true }
                state.whenUnused.append { continuation.resume() }
                return false
            }
            if isUnused { continuation.resume() }
        }
        await transports.shutdown(drainingFor: .zero)
    }

    /// How many connections each endpoint has, those to a place that endpoints share counted for each.
    func connectionCounts() async -> [Int: (open: Int, idle: Int)] {
        let origins = state.withLockedValue { $0.origins }
        let counts = await transports.connectionCounts()
        return origins.mapValues { places in
            places.compactMap { counts[$0] }.reduce((0, 0)) { ($0.0 + $1.open, $0.1 + $1.idle) }
        }
    }

    private func makeRoute(_ target: TargetScanner.Target, in bytes: UnsafeRawBufferPointer) throws(GatewayRefusal) -> GatewayRoute {
        guard let namespace = String(validating: bytes[target.namespace], as: UTF8.self),
            let name = String(validating: bytes[target.name], as: UTF8.self)
        else {
            throw .noTarget("its function type is not UTF-8")
        }
        let function: TypeName
        do throws(TypeNameError) {
            function = try TypeName(namespace: namespace, name: name)
        } catch {
            throw .noTarget("\(error)")
        }
        let resolution: FunctionResolution
        do throws(FunctionResolutionError) {
            resolution = try module.resolve(function)
        } catch {
            throw .noEndpoint(error.description)
        }
        let spec = resolution.endpoint.spec
        guard let record = records[spec.position] else { throw .noEndpoint("no endpoint serves \(function)") }
        do {
            let client = try client(for: resolution, record)
            return GatewayRoute(function, client: client, endpoint: record, payloadLimit: Self.payloadLimit(of: resolution.endpoint))
        } catch {
            let failure = error as? RequestReplyFailure ?? RequestReplyFailure(.misconfigured, "\(error)")
            var refusal = GatewayRefusal(failure, of: record.name)
            refusal.endpoint = record
            throw refusal
        }
    }

    private func client(for resolution: FunctionResolution, _ record: EndpointRecord) throws -> any RequestReplyClient {
        let spec = resolution.endpoint.spec
        let place = Place(url: resolution.url, endpoint: spec.position)
        if let known = state.withLockedValue({ $0.clients[place] }) { return known }
        guard let factory = registry[spec.transportType.value] else {
            throw RequestReplyFailure(.misconfigured, "there is no transport type '\(spec.transportType.value)'")
        }
        let client = try factory.makeClient(spec.transport, endpoint: resolution.url, metrics: record)
        let origin = try transports.connector.route(for: resolution.url, tls: nil).origin.place
        return state.withLockedValue { state in
            // Another call may have been faster; everybody uses the client that was there first.
            if let known = state.clients[place] { return known }
            if state.clients.count >= Self.maxRoutes {
                state.clients = [:]
                state.origins = [:]
            }
            state.clients[place] = client
            state.origins[record.id, default: []].insert(origin)
            return client
        }
    }
}
