internal import HTTPExchange
internal import NIOCore
internal import TransportCore

/// One connection of a client: reads its requests one after the other, has each passed on, and writes the answers.
///
/// `@unchecked Sendable`: everything that changes is touched only on ``loop``. Whoever else has something to say hands it in
/// there.
final class GatewayConnection: ChannelDuplexHandler, WriteRound.Connection, StartWindow.Waiter, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let loop: any ChannelLoop
    let core: GatewayCore
    private let round: WriteRound
    private let starts: StartWindow
    let receives: ReceiveTurns
    private(set) var socket: SystemSocket?
    var reader: RequestReader
    private(set) var cycle: RequestCycle
    private(set) var exchange: PassedRequest?
    private(set) var context: ChannelHandlerContext?
    private var alarm = EarliestAlarm()
    private var isAdvancing = false
    /// Whether the channel waits to be told to read.
    var isReadHeld = false
    /// What is to be received when its turn has come.
    var awaited = Awaited.nothing
    /// What the message at hand has of what may be received.
    var reception: ReceiveTurns.Ticket?
    /// The endpoint in whose line it waits for a turn.
    var inLine: Int?
    /// What it was told when it got in line last.
    var waitNumber = 0
    /// The messages before, where they were long.
    var longMessages: LongMessages?
    /// Whether the calls that are left are ended.
    private var isInterrupted = false
    private var room = MessageRoom()
    private var writes = ConnectionWrites()
    /// Bytes of an answer that the socket has not taken, where they count towards what is buffered in all.
    private var heldBytes = 0

    init(_ core: GatewayCore, on shared: GatewayLoop) {
        self.core = core
        loop = shared.loop
        round = shared.writes
        starts = shared.starts
        receives = shared.receives
        reader = RequestReader(headLimit: core.options.headLimit)
        cycle = RequestCycle(core.options.cycle, at: loop.now)
    }

    // MARK: - The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        writes = ConnectionWrites(to: context.channel)
        socket = SystemSocket(of: context.channel)
        writes.whenTaken = { [self] in answerTaken() }
        core.opened(self)
        arm()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        writes = ConnectionWrites()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that broke: there is nobody left to tell.
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch cycle.phase {
        case .sendingLast, .leaving, .ended:
            return
        case .idle, .receiving:
            if awaited == .next { awaited = .nothing }
            reader.append(&bytes)
            advance()
        case .waiting, .calling, .sending:
            reader.append(&bytes)
        }
    }

    /// The socket has taken what the channel had of an answer, or some of it.
    private func answerTaken() {
        guard cycle.phase == .sending || cycle.phase == .sendingLast else { return }
        guard !writes.isBehindOthers else { return enter(cycle.phase) }
        guard cycle.phase == .sending else { return leave() }
        releaseAnswer()
        enter(.idle)
        if core.isStopping, !reader.hasBegun {
            closeIdle()
        } else {
            advance()
        }
    }

    /// The connection has ended, by whomever.
    private func end() {
        guard cycle.phase != .ended else { return }
        enter(.ended)
        alarm.cancel()
        if exchange?.leavePlace(in: core) != true {
            exchange?.inFlight?.cancel()
        }
        // A call in flight ends by itself, and is counted until then.
        if exchange?.inFlight == nil {
            finishExchange()
        }
        releaseAnswer()
        context = nil
        core.closed(self)
    }

    /// The answer is not in memory any more.
    private func releaseAnswer() {
        core.releaseAnswer(heldBytes)
        heldBytes = 0
    }

    /// Gives back what the exchange had.
    private func finishExchange() {
        if let reception = reception.take() { receives.ended(reception) }
        guard let exchange else { return }
        self.exchange = nil
        if awaited == .rest { awaited = .nothing }
        exchange.releaseMessage(in: core)
        if let ticket = exchange.ticket { starts.ended(ticket) }
        core.release(exchange.reservedBytes)
        exchange.routes?.leave()
    }

    // MARK: - Requests

    /// Reads on, as far as the bytes go and nothing is being done.
    func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer {
            isAdvancing = false
            resumeReading()
            arm()
        }
        while cycle.phase == .idle || cycle.phase == .receiving {
            do throws(GatewayRefusal) {
                guard try step() else { return }
            } catch {
                refuse(error)
            }
        }
    }

    /// - Returns: whether there may be more to read.
    private func step() throws(GatewayRefusal) -> Bool {
        switch try reader.next() {
        case .incomplete:
            if cycle.phase == .idle, reader.hasBegun { enter(.receiving) }
            try exchange?.received(reader.begun, for: core)
            return goesOn()
        case .head(let head):
            if cycle.phase == .idle { enter(.receiving) }
            try headReceived(head)
            return true
        case .body(let body):
            exchange?.isWhole = true
            exchange?.nextScan = 0
            try exchange?.received(body, for: core)
            exchange?.body = body
            received(body.readableBytes)
            begin()
            return true
        }
    }

    private func headReceived(_ head: RequestHead) throws(GatewayRefusal) {
        exchange = PassedRequest(head, of: self)
        if let reception { self.reception = receives.recount(reception, as: head.length) }
        try core.admit(head.length)
        if head.expectsContinue, reader.unreadBytes == 0, let context {
            writes.pass(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"), context)
            context.flush()
        }
    }

    // MARK: - Calls

    private func begin() {
        guard let route = exchange?.route else { return refuse(.noTarget("it has no target")) }
        let (arrival, call) = core.callArrived(from: self, for: route.endpoint, wasHeld: exchange?.isMessageHeld == true)
        exchange?.isMessageHeld = false
        switch arrival {
        case .start:
            start()
        case .wait:
            exchange?.call = call
            // What its message has waited is a part of it.
            cycle.entered(.waiting, at: loop.now.advanced(by: .zero - (exchange?.waited ?? .zero)))
        case .refuse:
            refuse(.lineFull(route.endpoint.name, limit: core.options.maxWaiting))
        }
    }

    /// A call that has waited may begin now.
    func turnCame(_ call: CallLine.CallID, _ endpoint: EndpointRecord) {
        guard cycle.phase == .waiting, !isInterrupted, let exchange, exchange.call == call else {
            // The client has gone at the same moment, or nothing begins any more; somebody else gets the place.
            core.callEnded(for: endpoint)
            if cycle.phase == .waiting { refuse(.stopping) }
            return
        }
        start()
    }

    /// The request at hand has a place among the calls in flight.
    private func start() {
        guard let exchange, let route = exchange.route else { return }
        enter(.calling)
        exchange.start = loop.now
        guard let ticket = starts.take(exchange.body.readableBytes, for: route.endpoint.id, self) else { return exchange.isHeld = true }
        call(exchange, ticket)
    }

    func mayStart(_ ticket: StartWindow.Ticket) {
        guard let exchange, exchange.isHeld else { return starts.ended(ticket) }
        exchange.isHeld = false
        call(exchange, ticket)
    }

    private func call(_ exchange: PassedRequest, _ ticket: StartWindow.Ticket) {
        guard let route = exchange.route, let target = exchange.target else { return }
        exchange.ticket = ticket
        let body = exchange.body
        let id = body.viewBytes(at: body.readerIndex + target.id.lowerBound, length: target.id.count).map {
            String(decoding: $0, as: UTF8.self)
        }
        exchange.body = ByteBuffer()
        // The closure captures nothing but the exchange, so that it takes no allocation.
        let call = route.client.begin(RequestReplyRequest(functionType: route.functionType, id: id ?? "", payload: body)) { result in
            let connection = exchange.connection
            guard !connection.loop.isCurrent else { return connection.ended(exchange, result) }
            connection.loop.execute { connection.ended(exchange, result) }
        }
        if self.exchange === exchange {
            exchange.inFlight = call
        }
    }

    private func ended(_ exchange: PassedRequest, _ result: Result<ByteBuffer, RequestReplyFailure>) {
        guard self.exchange === exchange, let endpoint = exchange.route?.endpoint else { return }
        let now = loop.now
        let failure: RequestReplyFailure? = if case .failure(let failure) = result { failure } else { nil }
        endpoint.callEnded(failure, nanoseconds: exchange.start.nanoseconds(until: now), at: now)
        finishExchange()
        core.callEnded(for: endpoint)
        guard cycle.phase == .calling else { return }
        let isLast = !exchange.head.keepsAlive || core.isStopping
        switch result {
        case .success(let body):
            if body.readableBytes > GatewayCore.smallBody {
                heldBytes = body.readableBytes
                core.holdAnswer(heldBytes)
            }
            let (head, rest) = GatewayAnswer.parts(of: body, isLast: isLast, in: &room)
            send(head, rest, isLast: isLast)
        case .failure(let failure):
            let refusal = GatewayRefusal(failure, of: endpoint.name)
            send(GatewayAnswer.bytes(of: refusal, isLast: isLast || refusal.isLast), nil, isLast: isLast || refusal.isLast)
        }
        advance()
    }

    // MARK: - Answers

    /// Answers the request at hand with what is wrong with it.
    private func refuse(_ refusal: GatewayRefusal) {
        let isWhole = exchange?.isWhole ?? false
        // Where the body has not come whole, what follows cannot be told from it.
        let isLast = refusal.isLast || !isWhole || exchange?.head.keepsAlive == false || core.isStopping
        // A client that is too slow says nothing about the endpoint.
        let endpoint = refusal.status == 408 ? nil : refusal.endpoint ?? exchange?.route?.endpoint
        (endpoint ?? core.unserved).refused(refusal, at: loop.now)
        finishExchange()
        send(GatewayAnswer.bytes(of: refusal, isLast: isLast), nil, isLast: isLast)
    }

    private func send(_ head: ByteBuffer, _ body: ByteBuffer?, isLast: Bool) {
        guard let context else { return }
        guard isLast else {
            writes.write(head, body, context)
            enter(writes.isBehindOthers ? .sending : .idle)
            return round.add(self)
        }
        enter(.sendingLast)
        writes.pass(head, context)
        if let body { writes.pass(body, context) }
        context.flush()
        arm()
    }

    /// Gives the socket what has been written.
    func flush() {
        guard let context, !writes.flush(context) else { return }
        context.flush()
        if cycle.phase == .idle, writes.isBehindOthers {
            enter(.sending)
            arm()
        }
    }

    /// Nothing more is sent.
    private func leave() {
        guard let context else { return }
        releaseAnswer()
        enter(.leaving)
        resumeReading()
        // Not the whole: while the client still sends, the system would throw away the answer with what came.
        context.close(mode: .output, promise: nil)
        arm()
    }

    // MARK: - Stopping

    /// No call goes on any more: a connection between two requests is not needed.
    func closeIdle() {
        switch cycle.phase {
        case .idle:
            // An answer may wait for its round, and then for the socket.
            flush()
            guard cycle.phase == .idle else { break }
            // What has come already is told why it is not taken.
            if receiveNext(RequestReader.mostBytes) { advance() }
            if cycle.phase == .idle { leave() }
        case .receiving:
            refuse(.stopping)
        case .waiting, .calling, .sending, .sendingLast, .leaving, .ended:
            break
        }
    }

    /// Ends the call that goes on or waits.
    func interrupt() {
        isInterrupted = true
        switch cycle.phase {
        case .waiting, .calling:
            if exchange?.leavePlace(in: core) == true {
                refuse(.stopping)
            } else {
                exchange?.inFlight?.cancel()
            }
        case .idle, .receiving, .sending, .sendingLast, .leaving, .ended:
            break
        }
    }

    func closeNow() {
        flush()
        context?.close(promise: nil)
    }

    // MARK: - Time

    func enter(_ phase: RequestCycle.Phase) {
        cycle.entered(phase, at: loop.now)
    }

    private func arm() {
        guard let deadline = cycle.deadline else { return }
        alarm.set(at: deadline, on: loop) { [self] in timerFired() }
    }

    private func timerFired() {
        guard cycle.phase != .ended else { return }
        alarm.fired()
        switch cycle.timerFired(at: loop.now) {
        case .nothing:
            break
        case .refuseTooSlow:
            refuse(.tooSlow(cycle.limits.transfer))
        case .leaveLine:
            guard let exchange, let route = exchange.route, exchange.leavePlace(in: core) else { break }
            refuse(.waitedTooLong(route.endpoint.name, cycle.limits.wait))
            advance()
        case .close:
            closeNow()
        }
        arm()
    }
}
