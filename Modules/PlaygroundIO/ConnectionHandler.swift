internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import TransportCore

/// Stands between the HTTP codec and whoever answers: lets whole requests through, one value at a time, and does what
/// ``ConnectionMachine`` says.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    let presence = ClientPresence()

    private let limits: ConnectionMachine.Limits
    private let crowdedLimits: ConnectionMachine.Limits
    private let crowd: Crowd
    private var isOpen = false
    private let headLimit: Int
    private var machine: ConnectionMachine
    private var request: (head: HTTPRequest, body: ByteBuffer)?
    /// Whether the answer that is being sent says that it is the last one.
    private var isLastAnswer = false
    /// Answers that the socket has not taken.
    private var sending = 0
    private var timer: (due: TransportInstant, scheduled: Scheduled<Void>)?
    /// Whether the last answer has been written, so that nobody may write another.
    private var hasWrittenLast = false

    /// - Parameters:
    ///   - crowdedLimits: what holds where a great many others of the `crowd` are there already.
    ///   - headLimit: what is said where a head is too long.
    init(_ limits: ConnectionMachine.Limits, inCrowd crowdedLimits: ConnectionMachine.Limits, of crowd: Crowd, headLimit: Int) {
        self.limits = limits
        self.crowdedLimits = crowdedLimits
        self.crowd = crowd
        self.headLimit = headLimit
        machine = ConnectionMachine(limits, openedAt: .zero)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        isOpen = true
        machine = ConnectionMachine(crowd.joined() ? crowdedLimits : limits, openedAt: now(context))
        arm(context)
        let pipeline = context.pipeline.syncOperations
        if let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self) {
            // Where it is not found, this is no connection of HTTP/1, and there is nothing to add.
            try? pipeline.addHandler(OldVersionHandler(), position: .after(decoder))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        if isOpen {
            isOpen = false
            crowd.left()
        }
        machine.closed()
        timer?.scheduled.cancel()
        timer = nil
        request = nil
        presence.interrupt(.left)
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let length = head.headerFields[.contentLength].flatMap { Int($0) }
            let expectsContinue = head.headerFields[.expect]?.lowercased() == "100-continue"
            request = (head, ByteBuffer())
            perform(machine.headReceived(length: length, expectsContinue: expectsContinue, at: now(context)), context)
        case .body(var part):
            let action = machine.bodyReceived(part.readableBytes, at: now(context))
            if action == .keep {
                append(&part)
            }
            perform(action, context)
        case .end:
            perform(machine.requestEnded(), context)
        }
        arm(context)
    }

    private func append(_ part: inout ByteBuffer) {
        guard let (head, body) = request else { return }
        // Not while `request` holds the same buffer: it would be copied for each part.
        request = nil
        var whole = body
        if whole.readableBytes == 0 {
            whole = part
        } else {
            whole.writeBuffer(&part)
        }
        request = (head, whole)
    }

    private func forward(_ context: ChannelHandlerContext) {
        guard case (var head, let body)? = request else { return }
        request = nil
        // Whoever reads the body can tell by it that it has all of it, also where the client did not say how much comes.
        head.headerFields[.contentLength] = String(body.readableBytes)
        head.headerFields[.transferEncoding] = nil
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if body.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(.body(body)))
        }
        context.fireChannelRead(wrapInboundOut(.end(nil)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is IOError, is ChannelError, HTTPParserError.invalidEOFState:
            break
        case HTTPParserError.headerOverflow:
            perform(machine.failed(.headTooLong(limit: headLimit), at: now(context)), context)
        default:
            perform(machine.failed(.malformed, at: now(context)), context)
        }
        arm(context)
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            presence.interrupt(.left)
            perform(machine.inputEnded(), context)
        case is ChannelShouldQuiesceEvent:
            presence.interrupt(.draining)
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: - Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasWrittenLast else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.status.kind != .informational {
                isLastAnswer = head.headerFields[.connection] == "close"
            }
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let action = machine.answerSent(isLast: isLastAnswer, at: now(context))
            hasWrittenLast = isLastAnswer
            context.writeAndFlush(data, promise: watched(promise, context))
            perform(action, context)
            arm(context)
        }
    }

    /// Has the machine told when the socket has taken the answer.
    private func watched(_ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
        sending += 1
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        promise.futureResult.whenSuccess {
            let (handler, context) = bound.value
            handler.sending -= 1
            guard handler.sending == 0 else { return }
            handler.perform(handler.machine.answersTaken(at: handler.now(context)), context)
            handler.arm(context)
        }
        return promise
    }

    // MARK: - What the machine says

    private func perform(_ action: ConnectionMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .nothing, .keep:
            break
        case .keepAndContinue:
            context.write(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            context.flush()
        case .forward:
            forward(context)
        case .drop:
            request = nil
        case .refuse(let refusal):
            refuse(refusal, context)
        case .shutOutput:
            // Not the whole: while the client still sends, the system would throw away the answer with what came.
            context.close(mode: .output, promise: nil)
        case .close:
            context.close(promise: nil)
        }
    }

    private func refuse(_ refusal: HTTPRefusal, _ context: ChannelHandlerContext) {
        let isHead = request?.head.method == .head
        request = nil
        hasWrittenLast = true
        let answer = HTTPAnswer(refusal)
        var head = answer.head
        head.headerFields[.connection] = "close"
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead {
            context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: watched(nil, context))
    }

    // MARK: - Time

    private func now(_ context: ChannelHandlerContext) -> TransportInstant {
        TransportInstant(nanoseconds: Int64(clamping: context.eventLoop.now.uptimeNanoseconds))
    }

    /// Sees to it that the timer fires when the machine wants it to. One that fires earlier is left alone, so that not each
    /// request costs a timer.
    private func arm(_ context: ChannelHandlerContext) {
        guard let deadline = machine.deadline else { return }
        if let timer, timer.due <= deadline { return }
        timer?.scheduled.cancel()
        let delay = max(0, now(context).nanoseconds(until: deadline))
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let scheduled = context.eventLoop.scheduleTask(in: .nanoseconds(delay)) {
            let (handler, context) = bound.value
            handler.timer = nil
            handler.perform(handler.machine.timerFired(at: handler.now(context)), context)
            handler.arm(context)
        }
        timer = (deadline, scheduled)
    }
}
