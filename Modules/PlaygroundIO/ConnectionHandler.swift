internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import TransportCore

/// Collects the requests of one connection, has them answered in their order, and does what ``ConnectionMachine`` says.
final class ConnectionHandler: ChannelDuplexHandler, WriteRound.Connection {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// Nothing is read while so many requests are not answered, or such with so many bytes.
    private static let (mostUnanswered, mostUnansweredBytes) = (32, 65_536)
    /// No further request begins while so many bytes of answers are not taken.
    private static let mostUnsentBytes = 1 << 20
    /// The room for answers that a connection keeps.
    private static let keptRoom = 4_096

    let presence = ClientPresence()
    private let respond: HTTPListener.Responder
    private let round: WriteRound
    private let limits: ConnectionMachine.Limits
    private let crowdedLimits: ConnectionMachine.Limits
    private let crowd: Crowd
    let headLimit: Int
    var machine: ConnectionMachine
    var context: ChannelHandlerContext?
    private var endPromise: EventLoopPromise<Void>?
    /// What the decoder has made of the bytes that it got last.
    var decoded = RecurringRequests.Decoded()
    /// The request that is coming in.
    var request: Waiting?
    /// Whole requests that have not begun.
    private var waiting: [Waiting] = []
    /// Those that have, in their order.
    private var begun: [Begun] = []
    /// Bytes of bodies of both.
    private var unansweredBytes = 0
    private var numbers = 0
    private var isServing = false
    private var isReadingHeld = false
    /// Writes that have not ended, with answers that have to be told where they are lost.
    private var sending = 0
    /// Answers that nobody got, and whose records are being put back.
    private var losses = 0
    /// Answers that wait for their round.
    private var outgoing = ByteBuffer()
    private var writes = ConnectionWrites()
    /// Those of them that have to be told where they are lost.
    private var watched: [HTTPAnswer] = []
    /// Whether there are answers that the socket has not taken, as far as the machine knows.
    private var isSending = false
    /// Whether the last answer has been written, so that nobody may write another.
    private var hasWrittenLast = false
    private var timer: (due: TransportInstant, scheduled: Scheduled<Void>)?

    /// - Parameters:
    ///   - crowdedLimits: what holds where a great many others of the `crowd` are there already.
    ///   - headLimit: what is said where a head is too long.
    init(
        _ limits: ConnectionMachine.Limits,
        inCrowd crowdedLimits: ConnectionMachine.Limits,
        of crowd: Crowd,
        headLimit: Int,
        in round: WriteRound,
        _ respond: @escaping HTTPListener.Responder
    ) {
        self.limits = limits
        self.crowdedLimits = crowdedLimits
        self.crowd = crowd
        self.headLimit = headLimit
        self.round = round
        self.respond = respond
        machine = ConnectionMachine(limits, openedAt: .zero)
    }

    /// When the connection is closed and nothing is done for it any more; `nil` before it is there.
    var ended: EventLoopFuture<Void>? { endPromise?.futureResult }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        endPromise = context.eventLoop.makePromise()
        writes = ConnectionWrites(to: context.channel)
        writes.whenTaken = { [self] in
            guard let context = self.context else { return }
            machine.answersPartlyTaken(at: now(context))
            takenIfSo(context)
            serve()
        }
        machine = ConnectionMachine(crowd.joined() ? crowdedLimits : limits, openedAt: now(context))
        arm()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        closed()
        writes = ConnectionWrites()
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed()
    }

    private func closed() {
        guard context != nil else { return }
        context = nil
        crowd.left()
        machine.closed()
        timer?.scheduled.cancel()
        timer = nil
        abandonAnswers()
        answerInTurn()
        endIfDone()
    }

    private func endIfDone() {
        guard context == nil, begun.isEmpty, sending == 0, losses == 0 else { return }
        endPromise?.succeed()
        endPromise = nil
    }

    // MARK: - Requests

    func read(context: ChannelHandlerContext) {
        if isFull {
            isReadingHeld = true
        } else {
            context.read()
        }
    }

    private var isFull: Bool {
        // What comes otherwise is dropped, and has to be read: the system throws away the answers that it has taken where a connection
        // is closed on what has not been read.
        guard machine.takesRequests else { return false }
        return waiting.count + begun.count >= Self.mostUnanswered || unansweredBytes >= Self.mostUnansweredBytes
    }

    /// Reads again where that was held back and need not be.
    func readOn() {
        guard isReadingHeld, !isFull, let context else { return }
        isReadingHeld = false
        context.read()
    }

    // MARK: - Answers

    /// Has requests answered, each as soon as the one before it lets it.
    private func serve() {
        guard !isServing else { return }
        isServing = true
        defer { isServing = false }
        while !waiting.isEmpty, mayBegin, let context {
            begin(waiting.removeFirst(), context)
        }
        readOn()
    }

    private var mayBegin: Bool {
        guard outgoing.readableBytes + writes.passedBytes < Self.mostUnsentBytes else { return false }
        guard let last = begun.last else { return true }
        return !last.isAlone && !last.isLast
    }

    private func begin(_ request: Waiting, _ context: ChannelHandlerContext) {
        numbers += 1
        let number = numbers
        begun.append(
            Begun(
                number: number,
                isHead: request.head.method == .head,
                isLast: request.head.isLast,
                byteCount: request.body.readableBytes
            )
        )
        let call = HTTPCall(head: request.head, target: request.target, body: request.body, presence: presence)
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        let handling = respond(call) { answer in
            if loop.inEventLoop {
                bound.value.answered(number, answer)
            } else {
                loop.execute { bound.value.answered(number, answer) }
            }
        }
        if case .alongside = handling, let place = place(of: number) {
            begun[place].isAlone = false
        }
    }

    private func place(of number: Int) -> Int? {
        // By index, here and below: what a closure or a loop is handed is a copy.
        begun.indices.last { begun[$0].number == number }
    }

    private func answered(_ number: Int, _ answer: HTTPAnswer) {
        guard let place = place(of: number), begun[place].answer == nil else { return }
        begun[place].answer = answer
        guard place == 0 else { return }
        answerInTurn()
        endIfDone()
        serve()
    }

    /// Writes the answers whose turn it is.
    private func answerInTurn() {
        while !begun.isEmpty, let answer = begun[0].answer.take() {
            let request = begun.removeFirst()
            unansweredBytes -= request.byteCount
            guard let context, !hasWrittenLast else {
                lost(answer)
                continue
            }
            let isLast = request.isLast || machine.isNextAnswerLast
            write(answer, isLast: isLast, withBody: !request.isHead)
            // A refusal of what came after this request is written here, before the socket is said to have taken everything.
            perform(machine.answerSent(isLast: isLast, at: now(context)), context)
            arm()
        }
    }

    private func write(_ answer: HTTPAnswer, isLast: Bool, withBody: Bool) {
        hasWrittenLast = isLast
        // The same bytes again, unless the system still has them.
        if outgoing.readableBytes == 0 { outgoing.clear() }
        answer.write(to: &outgoing, isLast: isLast, withBody: withBody)
        if answer.whenLost != nil { watched.append(answer) }
        isSending = true
        round.add(self)
    }

    func flush() {
        guard let context, outgoing.readableBytes > 0 else { return }
        let answers = watched
        // From here on it is told otherwise what is lost: the connection may end while this is written.
        watched = []
        let rest = writes.send(outgoing)
        if rest != nil || outgoing.capacity > Self.keptRoom {
            outgoing = ByteBuffer()
        } else {
            outgoing.moveReaderIndex(to: outgoing.writerIndex)
        }
        if let rest { pass(rest, with: answers, context) }
        takenIfSo(context)
        serve()
    }

    /// Has the channel send what the system has not taken, and those told whose answers the client does not get.
    private func pass(_ rest: ByteBuffer, with answers: [HTTPAnswer], _ context: ChannelHandlerContext) {
        let promise = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        sending += 1
        promise.futureResult.whenComplete { result in
            let handler = bound.value
            handler.sending -= 1
            if case .failure = result { answers.forEach(handler.lost) }
            handler.endIfDone()
        }
        writes.pass(rest, context, promise: promise)
        context.flush()
    }

    private func lost(_ answer: HTTPAnswer) {
        guard let whenLost = answer.whenLost, let loop = endPromise?.futureResult.eventLoop else { return }
        losses += 1
        let bound = NIOLoopBound(self, eventLoop: loop)
        Task {
            await whenLost()
            loop.execute {
                bound.value.losses -= 1
                bound.value.endIfDone()
            }
        }
    }

    /// Has the machine told when the socket has taken what was written, be it by now.
    private func takenIfSo(_ context: ChannelHandlerContext) {
        guard isSending, outgoing.readableBytes == 0, !writes.isBehindOthers, self.context != nil else { return }
        isSending = false
        perform(machine.answersTaken(at: now(context)), context)
        arm()
    }

    // MARK: - What the machine says

    func perform(_ action: ConnectionMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .nothing, .keep:
            break
        case .keepAndContinue:
            // Behind an answer that waits for its round: the client would take it for a part of that one.
            outgoing.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            round.add(self)
        case .forward:
            if let whole = request.take() {
                unansweredBytes += whole.body.readableBytes
                if waiting.isEmpty, !isServing, mayBegin {
                    begin(whole, context)
                } else {
                    waiting.append(whole)
                    serve()
                }
            }
        case .drop:
            request = nil
        case .refuse(let refusal):
            let isHead = request?.head.method == .head
            request = nil
            write(HTTPAnswer(refusal), isLast: true, withBody: !isHead)
        case .shutOutput:
            shutOutput(context)
        case .closeBehindAnswers:
            guard SystemSocket(of: context.channel)?.isSending == true else { return context.close(promise: nil) }
            abandonAnswers()
            shutOutput(context)
        case .close:
            context.close(promise: nil)
        }
    }

    /// Sends nothing more. Not the whole: while the client still sends, the system would throw away the answers with what came.
    private func shutOutput(_ context: ChannelHandlerContext) {
        // What the system has not taken is lost, and told so.
        context.close(mode: .output, promise: nil)
        readOn()
    }

    /// Nothing of what has not been handed to the system is sent any more.
    private func abandonAnswers() {
        hasWrittenLast = true
        request = nil
        waiting = []
        outgoing.clear()
        presence.interrupt(.left)
        watched.forEach(lost)
        watched = []
    }

    /// Ends the connection, whatever goes on.
    func cutOff() {
        guard let context else { return }
        perform(machine.cutOff(at: now(context)), context)
        arm()
    }

    // MARK: - Time

    func now(_ context: ChannelHandlerContext) -> TransportInstant {
        TransportInstant(nanoseconds: Int64(clamping: context.eventLoop.now.uptimeNanoseconds))
    }

    /// Sees to it that the timer fires when the machine wants it to. One that fires earlier is left alone, so that not each
    /// request costs a timer.
    func arm() {
        guard let context, let deadline = machine.deadline else { return }
        if let timer, timer.due <= deadline { return }
        timer?.scheduled.cancel()
        let delay = max(0, now(context).nanoseconds(until: deadline))
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let scheduled = context.eventLoop.scheduleTask(in: .nanoseconds(delay)) {
            let (handler, context) = bound.value
            handler.timer = nil
            handler.perform(handler.machine.timerFired(at: handler.now(context)), context)
            handler.arm()
        }
        timer = (deadline, scheduled)
    }
}
