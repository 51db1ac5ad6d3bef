internal import NIOCore
internal import NIOSSL
internal import TransportCore

/// A connection that carries HTTP/1.1 exchanges one after the other: a prepared head and the body out, one response in.
///
/// `@unchecked Sendable`: everything that changes is touched only on the connection's loop, which is the channel's event
/// loop; the pipeline calls there, and whoever borrows the connection does.
final class HTTPConnection: ChannelInboundHandler, PooledConnection, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias Completion = @Sendable (Result<ExchangeResponse, RequestReplyFailure>) -> Void

    /// What is in flight.
    private struct Exchange {
        let plan: ExchangePlan
        let deadline: TransportInstant
        let completion: Completion
        var reader: ResponseReader
        /// The parts of the request that the system has not taken yet.
        var unsentParts: Int
        /// When something was last sent or received.
        var lastProgress: TransportInstant
    }

    private enum State {
        /// Next: exchanging, closed.
        case idle
        /// Next: idle, closed.
        case exchanging(Exchange)
        /// Final.
        case closed
    }

    /// A body is handed to the system in parts of this size, each of which has the whole `write` limit.
    private static let writePart = 65_536
    /// A body of at most this size is copied behind the head, so that one write carries both.
    private static let copiedBody = 16_384

    let loop: any CallLoop
    let channel: any Channel
    private let origin: Origin
    private var state = State.idle
    private var wasUsed = false
    private var lastError: (any Error)?
    private var isSocketClosed = false
    private var closeHandlers: [@Sendable () -> Void] = []
    private var timer: (any CallTimer)?
    private var timerAt = TransportInstant.distantFuture

    init(_ channel: any Channel, on loop: any CallLoop, to origin: Origin) {
        self.channel = channel
        self.loop = loop
        self.origin = origin
    }

    var isReusable: Bool {
        if case .idle = state { true } else { false }
    }

    func whenClosed(_ handler: @escaping @Sendable () -> Void) {
        if isSocketClosed {
            handler()
        } else {
            closeHandlers.append(handler)
        }
    }

    func close() {
        fail(RequestReplyFailure(.cancelled, "the call was cancelled"))
    }

    // MARK: - Sending

    func exchange(_ plan: ExchangePlan, body: ByteBuffer, deadline: TransportInstant, _ completion: @escaping Completion) {
        guard case .idle = state else {
            completion(.failure(closedFailure(hasBegun: false)))
            return
        }
        let limits = plan.limits
        var exchange = Exchange(
            plan: plan,
            deadline: deadline,
            completion: completion,
            reader: ResponseReader(limit: limits.payloadMaxBytes, allocator: channel.allocator),
            unsentParts: 0,
            lastProgress: loop.now
        )
        var head = channel.allocator.buffer(capacity: plan.head.prefix.readableBytes + 24 + min(body.readableBytes, Self.copiedBody))
        head.writeImmutableBuffer(plan.head.prefix)
        head.writeString(String(body.readableBytes))
        head.writeStaticString("\r\n\r\n")
        var parts: [ByteBuffer] = []
        if body.readableBytes <= Self.copiedBody {
            head.writeImmutableBuffer(body)
        } else if limits.write != nil {
            var rest = body
            while let part = rest.readSlice(length: min(Self.writePart, rest.readableBytes)), part.readableBytes > 0 {
                parts.append(part)
            }
        } else {
            parts = [body]
        }
        exchange.unsentParts = 1 + parts.count
        state = .exchanging(exchange)
        write(head)
        for part in parts {
            write(part)
        }
        channel.flush()
        armTimer()
    }

    private func write(_ part: ByteBuffer) {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { [self] result in
            switch result {
            case .success: partSent()
            // The end of the connection follows. After an error of the system it does not mean that nothing is missing.
            case .failure(let error as IOError): lastError = lastError ?? error
            case .failure: break
            }
        }
        channel.write(part, promise: promise)
    }

    private func partSent() {
        guard case .exchanging(var exchange) = state, exchange.unsentParts > 0 else { return }
        exchange.unsentParts -= 1
        exchange.lastProgress = loop.now
        state = .exchanging(exchange)
        if exchange.unsentParts == 0 {
            armTimer()
        }
    }

    // MARK: - Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard case .exchanging(var exchange) = state else {
            // Nobody has asked anything. What this belongs to cannot be known, so nothing more is asked here.
            return fail(closedFailure(hasBegun: false))
        }
        // The reader's buffers are grown in place only while nobody else refers to them.
        state = .idle
        exchange.lastProgress = loop.now
        let outcome = Result { () throws(ResponseFault) in try exchange.reader.received(bytes) }
        state = .exchanging(exchange)
        handle(outcome, of: exchange)
    }

    private func handle(_ outcome: Result<ExchangeResponse?, ResponseFault>, of exchange: Exchange) {
        switch outcome {
        case .success(nil):
            break
        case .success(let response?):
            complete(.success(response), keepsOpen: exchange.reader.leavesConnectionReusable && exchange.unsentParts == 0)
        case .failure(let fault):
            complete(.failure(fault.failure), keepsOpen: false)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connectionEnded()
        socketClosed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lastError = error
        // A missing close_notify is told before the end of the connection, which then decides what was lost.
        if case NIOSSLError.uncleanShutdown? = error as? NIOSSLError { return }
        connectionEnded()
    }

    /// Nothing more arrives.
    private func connectionEnded() {
        if case .exchanging(var exchange) = state {
            let outcome = Result { () throws(ResponseFault) in try exchange.reader.ended(orderly: lastError == nil) }
            state = .exchanging(exchange)
            handle(outcome, of: exchange)
        }
        if case .exchanging(let exchange) = state {
            complete(.failure(closedFailure(hasBegun: exchange.reader.hasBegun)), keepsOpen: false)
        }
        becomeClosed()
    }

    private func socketClosed() {
        isSocketClosed = true
        let handlers = closeHandlers
        closeHandlers = []
        for handler in handlers {
            handler()
        }
    }

    // MARK: - Time

    /// The next moment at which a limit passes, as things are.
    private func nextLimit(of exchange: Exchange) -> (at: TransportInstant, name: String, setting: Setting<Duration>) {
        let limits = exchange.plan.limits
        let single = exchange.unsentParts > 0 ? limits.write : limits.read
        if let single {
            let at = exchange.lastProgress.advanced(by: single.value)
            if at < exchange.deadline {
                return (at, exchange.unsentParts > 0 ? "write" : "read", single)
            }
        }
        return (exchange.deadline, "call", limits.call)
    }

    /// Makes sure that the one timer fires no later than the next limit. One that fires too early arms itself again, so
    /// that progress costs no timer.
    private func armTimer() {
        guard case .exchanging(let exchange) = state else { return }
        let limit = nextLimit(of: exchange)
        guard limit.at < timerAt else { return }
        timer?.cancel()
        timerAt = limit.at
        timer = loop.schedule(at: limit.at) { [self] in timerFired(for: limit.at) }
    }

    private func timerFired(for instant: TransportInstant) {
        // Another one may have been set since.
        guard instant == timerAt else { return }
        timer = nil
        timerAt = .distantFuture
        guard case .exchanging(var exchange) = state else { return }
        let limit = nextLimit(of: exchange)
        guard limit.at <= loop.now else { return armTimer() }
        if let response = exchange.reader.abandoned() {
            return complete(.success(response), keepsOpen: false)
        }
        let activity = exchange.unsentParts > 0 ? "the request was sent to \(origin)" : "\(exchange.reader.activity) from \(origin)"
        fail(.limitTripped(limit.name == "call" ? .budgetSpent : .timedOut, limit.name, limit.setting, while: activity))
    }

    // MARK: - Ending

    /// Ends what is in flight with `failure`, and the connection with it.
    private func fail(_ failure: RequestReplyFailure) {
        switch state {
        case .exchanging: complete(.failure(failure), keepsOpen: false)
        case .idle: becomeClosed()
        case .closed: break
        }
    }

    private func complete(_ result: Result<ExchangeResponse, RequestReplyFailure>, keepsOpen: Bool) {
        guard case .exchanging(let exchange) = state else { return }
        wasUsed = true
        // A connection whose exchange is over can take its leave as one that was idle can.
        if case .success = result, exchange.unsentParts == 0 {
            state = .idle
        }
        if !keepsOpen {
            becomeClosed()
        }
        exchange.completion(result)
    }

    private func becomeClosed() {
        if case .closed = state { return }
        let wasIdle = if case .idle = state { true } else { false }
        state = .closed
        timer?.cancel()
        timer = nil
        timerAt = .distantFuture
        if wasIdle {
            channel.close(promise: nil)
        } else {
            channel.closeAtOnce()
        }
    }

    private func closedFailure(hasBegun: Bool) -> RequestReplyFailure {
        let reason = lastError.map { ": \(SystemErrorText.of($0))" } ?? ""
        if let lastError, let refusal = TLSFailure.refusal(lastError, by: origin) { return refusal }
        if hasBegun {
            return RequestReplyFailure(.connectionLost, "\(origin) closed the connection in the middle of its answer\(reason)")
        }
        if wasUsed {
            return RequestReplyFailure(.staleConnection, "\(origin) had closed the kept connection\(reason)")
        }
        return RequestReplyFailure(.connectionLost, "\(origin) closed the connection without an answer\(reason)")
    }
}
