internal import NIOCore
internal import NIOSSL
internal import TransportCore

/// A connection that carries HTTP/1.1 exchanges one after the other: a prepared head and the body out, one response in.
///
/// `@unchecked Sendable`: everything that changes is touched only on the connection's loop, which is the channel's event
/// loop; the pipeline calls there, and whoever borrows the connection does.
final class HTTPConnection: ChannelInboundHandler, PooledConnection, WriteRound.Connection, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Completion = @Sendable (Result<ExchangeResponse, RequestReplyFailure>) -> Void

    /// What is in flight.
    private struct Exchange {
        let plan: ExchangePlan
        let deadline: TransportInstant
        let completion: Completion
        /// Whether head and body are written as one.
        let isSmall: Bool
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
    static let writePart = 65_536
    /// A body of at most this size is copied behind the head, so that one write carries both.
    static let copiedBody = 16_384

    /// So many bytes of a compressed body are inflated in one go, before others on the loop have their turn.
    private static let inflatedAtATime = 1 << 20

    let loop: any CallLoop
    let channel: any Channel
    /// The way to the socket that passes no other handler of the pipeline but those before this one.
    private var context: ChannelHandlerContext?
    private let round: WriteRound
    private let origin: Origin
    private let answerRoom: AnswerRoom?
    /// Bytes of the answer that comes, where they count.
    private var countedBytes = 0
    private var state = State.idle
    private var current: Exchange?
    // What changes in the course of an exchange is not part of it, so that it is changed in place.
    /// Whether the system has not taken all of the request yet.
    private var isSending = false
    /// When something was last sent or received.
    private var lastProgress = TransportInstant.zero
    /// Until when the rest of an answer that is no success is waited for.
    private var pageEnd = TransportInstant.distantFuture
    private var reader: ResponseReader
    private var room = MessageRoom()
    private var writes = ConnectionWrites()
    /// Whether the rest of what has been read waits for others on the loop.
    private var isReadingHeld = false
    /// Whether the request is on its way; before, it waits for its round.
    private var isFlushed = true
    private var isFlushing = false
    private var wasUsed: Bool
    private var lastError: (any Error)?
    private var isSocketClosed = false
    /// Whether nothing more arrives, though some of what has come is still to be understood.
    private var hasEnded = false
    private var closeHandlers: [@Sendable () -> Void] = []
    private var timer: (any CallTimer)?
    private var timerAt = TransportInstant.distantFuture

    /// - Parameters:
    ///   - answerRoom: what answers count towards.
    ///   - wasUsed: whether the connection has carried exchanges before.
    init(
        _ channel: any Channel,
        on loop: any CallLoop,
        in round: WriteRound,
        to origin: Origin,
        answerRoom: AnswerRoom? = nil,
        wasUsed: Bool = false
    ) {
        self.channel = channel
        self.answerRoom = answerRoom
        self.wasUsed = wasUsed
        self.loop = loop
        self.round = round
        self.origin = origin
        // Every exchange sets its own limit.
        reader = ResponseReader(limit: Setting(0, from: .byDefault), allocator: channel.allocator)
        reader.restsAfter = Self.inflatedAtATime
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

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // Who wants to see parts of a request taken hands them over one by one.
        if origin.tls == nil { writes = ConnectionWrites(to: context.channel, partBytes: .max) }
        writes.whenTaken = { [self] in
            lastProgress = loop.now
            requestMayBeSent()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        writes = ConnectionWrites()
    }

    func detach() -> (any ThreadConnection)? {
        detach(waiting: SystemSocketWaiting())
    }

    /// Takes the connection off the loop, where it is idle, speaks no TLS and lives by the system's clock, as threads do.
    func detach(waiting: any SocketWaiting) -> SocketConnection? {
        guard case .idle = state, let loop = loop as? EventLoopCallLoop, origin.tls == nil, answerRoom == nil else { return nil }
        guard let socket = SystemSocket(of: channel).flatMap(SystemSocket.init(copying:)) else { return nil }
        // The connection itself stays open as long as the copy.
        becomeClosed()
        return SocketConnection(socket, to: origin, from: SocketConnection.Home(loop: loop, round: round), waiting: waiting)
    }

    // MARK: - Sending

    func exchange(_ plan: ExchangePlan, body: ByteBuffer, deadline: TransportInstant, _ completion: @escaping Completion) {
        guard case .idle = state else {
            completion(.failure(closedFailure(hasBegun: false)))
            return
        }
        let isSmall = body.readableBytes <= Self.copiedBody
        current = Exchange(plan: plan, deadline: deadline, completion: completion, isSmall: isSmall)
        isSending = true
        pageEnd = .distantFuture
        reader.reset(limit: plan.limits.payloadMaxBytes)
        state = .exchanging
        let message = room.message(plan.head.prefix, body: body, carryingIt: isSmall)
        if let context { writes.write(message, nil, context) }
        if !isSmall { write(body, inParts: plan.limits.write != nil) }
        isFlushed = false
        round.exchangeBegan(self)
    }

    func flush() {
        guard !isFlushed else { return }
        isFlushed = true
        lastProgress = loop.now
        if let context, writes.flush(context) {
            isSending = false
            return armTimer()
        }
        isFlushing = true
        context?.flush()
        isFlushing = false
        if channel.isWritable, !writes.isBehindOthers { isSending = false }
        if isSending, current?.isSmall == true {
            // Nearly never. An empty part comes after what the system has left behind, and hears what becomes of it.
            write(part: ByteBuffer())
            context?.flush()
        }
        armTimer()
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
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenFailure { [self] error in
            // The end of the connection follows. After an error of the system it does not mean that nothing is missing.
            if error is IOError { lastError = lastError ?? error }
        }
        writes.pass(part, context, promise: promise)
    }

    // Not passed on: behind this handler there is none.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        requestMayBeSent()
    }

    /// Notes that the system has taken the whole request, once it has.
    private func requestMayBeSent() {
        // Writable means that no more than a byte is held back: ``bootstrap(on:)`` sees to that.
        guard isSending, channel.isWritable, !writes.isBehindOthers, !isFlushing else { return }
        isSending = false
        lastProgress = loop.now
        armTimer()
    }

    // MARK: - Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard case .exchanging = state, isFlushed else {
            // Nobody has asked anything yet. What this belongs to cannot be known, so nothing more is asked here.
            return fail(closedFailure(hasBegun: false))
        }
        understand { reader throws(ResponseFault) in try reader.received(bytes) }
    }

    private func understand(_ read: (inout ResponseReader) throws(ResponseFault) -> ExchangeResponse?) {
        do throws(ResponseFault) {
            if let response = try read(&reader) { return answered(response) }
            lastProgress = loop.now
            if reader.isRefusal, pageEnd == .distantFuture {
                pageEnd = lastProgress.advanced(byNanoseconds: ResponseReader.pageNanoseconds)
                armTimer()
            }
            countAnswer()
            letOthersGoOn()
        } catch {
            complete(.failure(origin.unsoundFailure(error, wasUsed: wasUsed)), keepsOpen: false)
        }
    }

    /// Where a compressed answer rests, goes on with it when the loop has looked at its other sockets. Nothing is read from this one until
    /// then, unless its peer closes it: then all that has come is handed over at once.
    private func letOthersGoOn() {
        guard reader.isResting, !isReadingHeld else { return }
        isReadingHeld = true
        _ = try? channel.syncOptions?.setOption(.autoRead, value: false)
        channel.eventLoop.afterLook { [self] in
            isReadingHeld = false
            if case .exchanging = state, reader.isResting { understand { reader throws(ResponseFault) in try reader.continued() } }
            if hasEnded { connectionEnded() }
            if !isReadingHeld { _ = try? channel.syncOptions?.setOption(.autoRead, value: true) }
        }
    }

    /// Counts what has come of the answer, or gives it up.
    private func countAnswer() {
        let bytes = reader.heldBytes
        guard let answerRoom, bytes > AnswerRoom.smallAnswer, bytes > countedBytes else { return }
        guard answerRoom.take(bytes - countedBytes) else { return complete(.failure(answerRoom.refusal), keepsOpen: false) }
        countedBytes = bytes
    }

    private func answered(_ response: ExchangeResponse) {
        complete(.success(response), keepsOpen: reader.leavesConnectionReusable && !isSending && !hasEnded)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isFlushing {
            lastError = lastError ?? writes.error ?? RequestRefused()
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

    /// Nothing more arrives. What has come of a compressed answer is inflated as it would have been otherwise: some of it at a time.
    private func connectionEnded() {
        hasEnded = true
        if case .exchanging = state {
            guard !reader.isResting else { return }
            do throws(ResponseFault) {
                if let response = try reader.ended(orderly: lastError == nil) {
                    answered(response)
                }
            } catch {
                complete(.failure(origin.unsoundFailure(error, wasUsed: wasUsed)), keepsOpen: false)
            }
            complete(.failure(closedFailure(hasBegun: reader.hasBegun)), keepsOpen: false)
        }
        becomeClosed()
    }

    private func socketClosed() {
        isSocketClosed = true
        let handlers = closeHandlers
        closeHandlers = []
        handlers.forEach { $0() }
    }

    // MARK: - Time

    /// The moment at which the next limit passes: that of a single read or write, or that of the call where it comes no later, or
    /// that of what nobody needs.
    private var nextLimit: TransportInstant? {
        guard let deadline = current.map({ min($0.deadline, pageEnd) }) else { return nil }
        let single = isSending ? current?.plan.writeNanoseconds : current?.plan.readNanoseconds
        return single.map { min(deadline, lastProgress.advanced(byNanoseconds: $0)) } ?? deadline
    }

    /// Makes sure that the one timer fires no later than the next limit. One that fires too early arms itself again, so
    /// that progress costs no timer.
    private func armTimer() {
        guard let limit = nextLimit, limit < timerAt else { return }
        timer?.cancel()
        timerAt = limit
        timer = loop.schedule(at: limit) { [self] in timerFired(for: limit) }
    }

    private func timerFired(for instant: TransportInstant) {
        // Another one may have been set since.
        guard instant == timerAt else { return }
        timer = nil
        timerAt = .distantFuture
        // An exchange that waits for its round sets a timer when that comes.
        guard isFlushed, let current, let limit = nextLimit else { return }
        guard limit <= loop.now else { return armTimer() }
        if let response = reader.abandoned() {
            return complete(.success(response), keepsOpen: false)
        }
        fail(
            origin.limitFailure(
                current.plan.limits,
                isSingle: limit < current.deadline,
                isSending: isSending,
                reading: reader.activity
            )
        )
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
        answerRoom?.giveBack(countedBytes)
        countedBytes = 0
        round.exchangeEnded()
        wasUsed = true
        // A connection whose exchange is over can take its leave as one that was idle can.
        if case .success = result, !isSending {
            state = .idle
        }
        if !keepsOpen { becomeClosed() }
        ended.completion(result)
    }

    private func becomeClosed() {
        if case .closed = state { return }
        let wasIdle = if case .idle = state { true } else { false }
        state = .closed
        isFlushed = true
        writes.drop()
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
        origin.closedFailure(lastError, wasUsed: wasUsed, hasBegun: hasBegun)
    }
}
