internal import NIOCore
internal import NIOHTTP1

extension ConnectionHandler {
    /// A request whose turn has not come.
    struct Waiting {
        let head: RequestHead
        let target: String
        var body = ByteBuffer()

        mutating func append(_ part: ByteBuffer) {
            if body.readableBytes == 0 {
                body = part
            } else {
                body.writeImmutableBuffer(part)
            }
        }
    }

    /// A request that is being answered.
    struct Begun {
        let number: Int
        let isHead: Bool
        let isLast: Bool
        let byteCount: Int
        /// Whether the next request may begin before this one is answered.
        var isAlone = true
        /// What there is to be sent, after the answers to earlier requests.
        var answer: HTTPAnswer?
    }

    // MARK: - What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            decoded.heads += 1
            decoded.last = head
            guard let meaning = RequestHead(head) else {
                return perform(machine.failed(.malformed, at: now(context)), context)
            }
            guard !meaning.hasUnknownCoding else {
                return perform(machine.failed(.unknownCoding, at: now(context)), context)
            }
            headReceived(meaning, target: head.uri, length: head.headers.first(name: "Content-Length").flatMap { Int($0) })
        case .body(let part):
            bodyReceived(part)
        case .end:
            decoded.ends += 1
            requestEnded()
        }
    }

    /// - Parameter length: what the head says about the length of the body.
    func headReceived(_ head: RequestHead, target: String, length: Int?) {
        guard let context else { return }
        request = Waiting(head: head, target: target)
        perform(machine.headReceived(length: length, expectsContinue: head.expectsContinue, at: now(context)), context)
    }

    func bodyReceived(_ part: ByteBuffer) {
        guard let context else { return }
        let action = machine.bodyReceived(part.readableBytes, at: now(context))
        if action == .keep {
            request?.append(part)
        }
        perform(action, context)
    }

    func requestEnded() {
        guard let context else { return }
        perform(machine.requestEnded(), context)
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
        arm()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        // The machine first: whoever is interrupted is answered at once, with the last answer where this is the end.
        case ChannelEvent.inputClosed:
            perform(machine.inputEnded(at: now(context)), context)
            presence.interrupt(.left)
        case is ChannelShouldQuiesceEvent:
            perform(machine.drainBegan(at: now(context)), context)
            presence.interrupt(.draining)
            readOn()
        default:
            break
        }
        arm()
    }
}
