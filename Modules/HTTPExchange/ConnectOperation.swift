internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import TransportCore

/// One attempt to connect to an origin: resolve, race the addresses, shake hands.
///
/// `@unchecked Sendable`: everything that changes is touched only on the loop; what other threads find out is brought there
/// first.
final class ConnectOperation: ConnectAttempt, @unchecked Sendable {
    typealias Completion = @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void

    private enum State {
        /// Next: resolving, ended.
        case ready
        /// Reading certificates, then asking for addresses. Next: racing, ended.
        case resolving
        /// Next: shaking hands, ended.
        case racing(AddressRace, [SocketAddress])
        /// Next: ended.
        case handshaking(any Channel)
        /// Final.
        case ended
    }

    private let connector: HTTPConnector
    private let origin: Origin
    private let loop: any ChannelLoop
    private let round: WriteRound
    private let limits: ConnectLimits
    private var completion: Completion?
    private var state = State.ready
    private var deadlineTimer: (any CallTimer)?
    private var raceTimer: (any CallTimer)?
    private var context: NIOSSLContext?
    private var connecting: [ObjectIdentifier: any Channel] = [:]
    private var errors: [String] = []

    init(
        _ connector: HTTPConnector,
        to origin: Origin,
        on loop: any ChannelLoop,
        in round: WriteRound,
        limits: ConnectLimits,
        _ completion: @escaping Completion
    ) {
        self.connector = connector
        self.origin = origin
        self.loop = loop
        self.round = round
        self.limits = limits
        self.completion = completion
    }

    func start() {
        state = .resolving
        let limit = min(loop.now.advanced(by: limits.connect.value), limits.deadline)
        deadlineTimer = loop.schedule(at: limit) { [self] in limitPassed() }
        guard let tls = origin.tls else { return resolve() }
        connector.threads.submit { [self] _ in
            let result: Result<NIOSSLContext, SpecDiagnostic>
            do throws(SpecDiagnostic) {
                result = .success(try connector.contexts.context(for: tls))
            } catch {
                result = .failure(error)
            }
            loop.execute { [self] in contextRead(result) }
        }
    }

    func cancel() {
        end(.failure(RequestReplyFailure(.cancelled, "connecting to \(origin) was cancelled")))
    }

    // MARK: - Steps

    private func contextRead(_ result: Result<NIOSSLContext, SpecDiagnostic>) {
        guard case .resolving = state else { return }
        switch result {
        case .success(let context):
            self.context = context
            resolve()
        case .failure(let problem):
            end(.failure(RequestReplyFailure(.misconfigured, problem.description)))
        }
    }

    private func resolve() {
        guard let resolver = connector.resolver(for: origin.place) else {
            return end(.failure(RequestReplyFailure(.misconfigured, "nothing here can connect to \(origin)")))
        }
        resolver.resolve(origin.place) { [self] result in
            loop.run { [self] in resolved(result) }
        }
    }

    private func resolved(_ result: Result<[SocketAddress], RequestReplyFailure>) {
        guard case .resolving = state else { return }
        switch result {
        case .success(let addresses):
            let ordered = AddressRace.order(addresses)
            var race = AddressRace(count: ordered.count)
            let actions = race.timePassed(at: loop.now)
            state = .racing(race, ordered)
            perform(actions)
        case .failure(let failure):
            end(.failure(failure))
        }
    }

    private func perform(_ actions: [AddressRace.Action]) {
        for action in actions {
            guard case .racing(_, let addresses) = state else { return }
            switch action {
            case .connect(let index):
                connect(to: addresses[index])
            case .wait(let until):
                raceTimer?.cancel()
                raceTimer = loop.schedule(at: until) { [self] in
                    guard case .racing(var race, let addresses) = state else { return }
                    let actions = race.timePassed(at: loop.now)
                    state = .racing(race, addresses)
                    perform(actions)
                }
            case .waitForConnections:
                raceTimer?.cancel()
            case .fail:
                let reasons = errors.isEmpty ? "it has no address" : errors.joined(separator: ", ")
                end(.failure(RequestReplyFailure(.connectFailed, "connecting to \(origin) failed: \(reasons)")))
            }
        }
    }

    private func connect(to address: SocketAddress) {
        // The limit is ours to keep; SwiftNIO's own must not come first.
        let bootstrap = HTTPConnection.bootstrap(on: loop)
            .connectTimeout(.hours(24))
            .channelInitializer { [self] channel in
                connecting[ObjectIdentifier(channel)] = channel
                return channel.eventLoop.makeSucceededVoidFuture()
            }
        bootstrap.connect(to: address).whenComplete { [self] result in
            switch result {
            case .success(let channel): connected(channel)
            case .failure(let error): connectFailed(error, address)
            }
        }
    }

    private func connectFailed(_ error: any Error, _ address: SocketAddress) {
        guard case .racing(var race, let addresses) = state else { return }
        if errors.count < AddressRace.maxAddresses {
            let place = addresses.count > 1 ? "\(address.place): " : ""
            errors.append("\(place)\(SystemErrorText.of(error, connectingTo: address))")
        }
        let actions = race.connectFailed(at: loop.now)
        state = .racing(race, addresses)
        perform(actions)
    }

    private func connected(_ channel: any Channel) {
        guard case .racing = state else {
            channel.close(promise: nil)
            return
        }
        connecting[ObjectIdentifier(channel)] = nil
        closeLosers()
        guard let context else { return begin(channel) }
        state = .handshaking(channel)
        do {
            try addTLS(context, to: channel)
        } catch {
            end(.failure(RequestReplyFailure(.handshakeFailed, "TLS with \(origin) cannot begin: \(SystemErrorText.of(error))")))
        }
    }

    private func addTLS(_ context: NIOSSLContext, to channel: any Channel) throws {
        let handler = try NIOSSLClientHandler(context: context, serverHostname: origin.nameInHandshake)
        try HandshakeWaiter.begin(handler, on: channel) { [self] result in handshakeEnded(result, channel) }
    }

    private func handshakeEnded(_ result: Result<Void, any Error>, _ channel: any Channel) {
        guard case .handshaking = state else { return }
        let certificate = (try? channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self))?.peerCertificate
        do {
            try result.get()
            if let name = origin.nameInHandshake, certificate.map({ CertificateNames.of($0, cover: name) }) != true {
                throw NIOSSLExtraError.failedToValidateHostname
            }
            begin(channel)
        } catch {
            end(.failure(TLSFailure.handshakeFailed(error, with: origin, showing: certificate)))
        }
    }

    private func begin(_ channel: any Channel) {
        let connection = HTTPConnection(channel, on: loop, in: round, to: origin, answerRoom: connector.answerRoom)
        do {
            try channel.pipeline.syncOperations.addHandler(connection)
            state = .ended
            deadlineTimer?.cancel()
            raceTimer?.cancel()
            complete(.success(connection))
        } catch {
            state = .handshaking(channel)
            end(.failure(RequestReplyFailure(.connectFailed, "the connection to \(origin) ended at once: \(SystemErrorText.of(error))")))
        }
    }

    // MARK: - Ending

    private func limitPassed() {
        let activity: String
        switch state {
        case .ready, .resolving: activity = "the address of \(origin) was looked up"
        case .racing: activity = "\(origin) was connected to"
        case .handshaking: activity = "the TLS handshake with \(origin) went on"
        case .ended: return
        }
        if loop.now >= limits.deadline {
            end(.failure(CallBudget.spentFailure(limits.call, while: activity)))
        } else {
            end(.failure(.limitTripped(.timedOut, "connect", limits.connect, while: activity)))
        }
    }

    private func end(_ result: Result<any PooledConnection, RequestReplyFailure>) {
        let last = state
        if case .ended = last { return }
        state = .ended
        deadlineTimer?.cancel()
        raceTimer?.cancel()
        closeLosers()
        if case .handshaking(let channel) = last {
            channel.closeAtOnce()
        }
        complete(result)
    }

    private func closeLosers() {
        let losers = connecting
        connecting = [:]
        for channel in losers.values {
            channel.close(promise: nil)
        }
    }

    private func complete(_ result: Result<any PooledConnection, RequestReplyFailure>) {
        let completion = completion
        self.completion = nil
        completion?(result)
    }
}

extension SocketAddress {
    /// The address as a person writes it.
    fileprivate var place: String {
        guard let ipAddress else { return pathname ?? "\(self)" }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port ?? 0)" : "\(ipAddress):\(port ?? 0)"
    }
}
