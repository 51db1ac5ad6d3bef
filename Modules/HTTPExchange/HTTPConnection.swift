internal import NIOCore
internal import NIOSSL
internal import TransportCore

/// A connection that carries HTTP/1.1 exchanges one after the other: a prepared head and the body out, one response in.
///
/// `@unchecked Sendable`: everything that changes is touched only on the connection's loop, which is the channel's event
/// loop; the pipeline calls there, and whoever borrows the connection does.
final class HTTPConnection: ChannelInboundHandler, PooledConnection, WriteRound.Connection, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias Completion = @Sendable (Result<ExchangeResponse, RequestReplyFailure>) -> Void

    /// What is in flight.
    private struct Exchange {
        let plan: ExchangePlan
        let deadline: TransportInstant
        let completion: Completion
        /// Whether head and body are written as one.
        let isSmall: Bool
        var reader: ResponseReader
        /// Whether the system has not taken all of the request yet.
        var isSending: Bool
        /// When something was last sent or received.
        var lastProgress: TransportInstant
    }

    private enum State {
        /// Next: exchanging, closed.
        case idle
        /// ``HTTPConnection/current`` says what. Next: idle, closed.
        case exchanging
        /// Final.
        case closed
    }

    /// A body is handed to the system in parts of this size, each of which has the whole `write` limit.
    private static let writePart = 65_536
    /// A body of at most this size is copied behind the head, so that one write carries both.
    private static let copiedBody = 16_384
    /// The room for a request that a connection keeps between exchanges.
    private static let keptRoom = 4_096

    /// What the channel has to be opened with: it is writable only while it holds nothing back.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 1, high: 1)

    let loop: any CallLoop
    let channel: any Channel
    private let round: WriteRound
    private let origin: Origin
    private var state = State.idle
    // Beside the state and not in it, so that it is changed in place.
    private var current: Exchange?
    /// What small requests are written into; the same bytes again and again, once the system has taken them.
    private var outgoing = ByteBuffer()
    /// Whether the request is on its way; before, it waits for its round.
    private var isFlushed = true
    private var isFlushing = false
    private var wasUsed = false
    private var lastError: (any Error)?
    private var isSocketClosed = false
    private var closeHandlers: [@Sendable () -> Void] = []
    private var timer: (any CallTimer)?
    private var timerAt = TransportInstant.distantFuture

    init(_ channel: any Channel, on loop: any CallLoop, in round: WriteRound, to origin: Origin) {
        self.channel = channel
        self.loop = loop
        self.round = round
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
        let isSmall = body.readableBytes <= Self.copiedBody
        current = Exchange(
            plan: plan,
            deadline: deadline,
            completion: completion,
            isSmall: isSmall,
            reader: ResponseReader(limit: plan.limits.payloadMaxBytes, allocator: channel.allocator),
            isSending: true,
            lastProgress: loop.now
        )
        state = .exchanging
        writeHead(plan.head, of: body, carryingIt: isSmall)
        if !isSmall {
            write(body, inParts: plan.limits.write != nil)
        }
        isFlushed = false
        round.add(self)
    }

    func flush() {
        guard !isFlushed else { return }
        isFlushed = true
        isFlushing = true
        channel.flush()
        isFlushing = false
        requestMayBeSent()
        if current?.isSending == true, current?.isSmall == true {
            // Nearly never. An empty part comes after what the system has left behind, and hears what becomes of it.
            write(part: ByteBuffer())
            channel.flush()
        }
        armTimer()
    }

    private func writeHead(_ head: ExchangeHead, of body: ByteBuffer, carryingIt isCarried: Bool) {
        let capacity = head.prefix.readableBytes + 24 + (isCarried ? body.readableBytes : 0)
        // Clearing it makes another one where the system still has this one.
        outgoing.clear(minimumCapacity: capacity)
        outgoing.writeImmutableBuffer(head.prefix)
        outgoing.write(decimal: body.readableBytes)
        outgoing.writeStaticString("\r\n\r\n")
        if isCarried {
            outgoing.writeImmutableBuffer(body)
            channel.write(outgoing, promise: nil)
        } else {
            write(part: outgoing)
        }
        if outgoing.capacity > Self.keptRoom {
            outgoing = ByteBuffer()
        }
    }

    private func write(_ body: ByteBuffer, inParts isLimited: Bool) {
        var rest = body
        while let part = rest.readSlice(length: isLimited ? min(Self.writePart, rest.readableBytes) : rest.readableBytes),
            part.readableBytes > 0
        {
            write(part: part)
        }
    }

    private func write(part: ByteBuffer) {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { [self] result in
            switch result {
            case .success: current?.lastProgress = loop.now
            // The end of the connection follows. After an error of the system it does not mean that nothing is missing.
            case .failure(let error as IOError): lastError = lastError ?? error
            case .failure: break
            }
        }
        channel.write(part, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !isFlushing {
            requestMayBeSent()
        }
        context.fireChannelWritabilityChanged()
    }

    /// Notes that the system has taken the whole request, once it has.
    private func requestMayBeSent() {
        // Writable means that nothing is held back: ``waterMark`` says so.
        guard current?.isSending == true, channel.isWritable else { return }
        current?.isSending = false
        current?.lastProgress = loop.now
        armTimer()
    }

    // MARK: - Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard case .exchanging = state, isFlushed else {
            // Nobody has asked anything yet. What this belongs to cannot be known, so nothing more is asked here.
            return fail(closedFailure(hasBegun: false))
        }
        current?.lastProgress = loop.now
        do throws(ResponseFault) {
            answered(try current?.reader.received(bytes))
        } catch {
            complete(.failure(error.failure), keepsOpen: false)
        }
    }

    private func answered(_ response: ExchangeResponse??) {
        guard case let response?? = response, let current else { return }
        complete(.success(response), keepsOpen: current.reader.leavesConnectionReusable && !current.isSending)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isFlushing {
            lastError = lastError ?? RequestRefused()
        }
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
        do throws(ResponseFault) {
            answered(try current?.reader.ended(orderly: lastError == nil))
        } catch {
            complete(.failure(error.failure), keepsOpen: false)
        }
        if let current {
            complete(.failure(closedFailure(hasBegun: current.reader.hasBegun)), keepsOpen: false)
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
        if let single = exchange.isSending ? limits.write : limits.read {
            let at = exchange.lastProgress.advanced(by: single.value)
            if at < exchange.deadline {
                return (at, exchange.isSending ? "write" : "read", single)
            }
        }
        return (exchange.deadline, "call", limits.call)
    }

    /// Makes sure that the one timer fires no later than the next limit. One that fires too early arms itself again, so
    /// that progress costs no timer.
    private func armTimer() {
        guard let current else { return }
        let limit = nextLimit(of: current)
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
        guard let current else { return }
        let limit = nextLimit(of: current)
        guard limit.at <= loop.now else { return armTimer() }
        if let response = self.current?.reader.abandoned() {
            return complete(.success(response), keepsOpen: false)
        }
        let activity = current.isSending ? "the request was sent to \(origin)" : "\(current.reader.activity) from \(origin)"
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
        guard let ended = current else { return }
        current = nil
        wasUsed = true
        // A connection whose exchange is over can take its leave as one that was idle can.
        if case .success = result, !ended.isSending {
            state = .idle
        }
        if !keepsOpen {
            becomeClosed()
        }
        ended.completion(result)
    }

    private func becomeClosed() {
        if case .closed = state { return }
        let wasIdle = if case .idle = state { true } else { false }
        state = .closed
        isFlushed = true
        timer?.cancel()
        timer = nil
        timerAt = .distantFuture
        if wasIdle {
            // Inside TLS this takes leave of the peer, and would wait some seconds for one that does not answer.
            channel.close(promise: nil)
        }
        channel.closeAtOnce()
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

/// The system did not take a request.
private struct RequestRefused: Error, CustomStringConvertible {
    let description = "the request could not be written"
}
