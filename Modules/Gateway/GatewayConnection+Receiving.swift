internal import NIOCore
internal import TransportCore

/// When a connection reads, and how much.
///
/// Long messages are received in turn. What has come of one without a turn is its beginning only, by which it is known for whom it is; the rest
/// stays with the system. Where others wait, a client whose last messages were long gets in line before anything of the next one
/// is read: when its turn comes soon, the message mostly has come, and all of it is received at once, past the channel. Where it does not
/// come soon, the beginning is read: the message may be a short one.
extension GatewayConnection: ReceiveTurns.Waiter {
    /// What a connection has to wait for its turn with.
    enum Awaited {
        case nothing
        /// The next message, of which nothing has been read.
        case next
        /// All of the message at hand but its beginning.
        case rest
    }

    /// The last of some long messages, and how many have come one behind the other.
    struct LongMessages {
        let bytes: Int
        let endpoint: Int
        let count: Int
    }

    /// Messages of more bytes wait for their turn.
    private static let shortMessage = 32 << 10
    /// So many bytes are read without a turn, where there is no room for more.
    private static let beginning = 4 << 10
    /// After so many long messages the next one is expected to be long as well.
    private static let usual = 4
    /// How many bytes behind a request may wait until that is answered.
    private static let readAhead = 64 << 10

    /// How many bytes the channel may read next.
    var bytesOfRead: Int {
        reception != nil || receives.hasRoom ? .max : Self.beginning
    }

    func read(context: ChannelHandlerContext) {
        guard readsOn() else {
            isReadHeld = true
            return
        }
        context.read()
    }

    func resumeReading() {
        guard isReadHeld, readsOn() else { return }
        isReadHeld = false
        context?.read()
    }

    /// What is expected of the next message, where that is expected to be long.
    private var long: LongMessages? { longMessages.flatMap { $0.count >= Self.usual ? $0 : nil } }

    /// Whether the channel is to read on. Otherwise ``resumeReading()`` or ``mayReceive(_:)`` goes on with it.
    private func readsOn() -> Bool {
        guard awaited == .nothing else { return false }
        switch cycle.phase {
        case .idle:
            guard let long, !receives.hasRoom else { return true }
            awaited = .next
            wait(toReceive: long.bytes, for: long.endpoint)
            return false
        case .waiting, .calling, .sending:
            return reader.unreadBytes < Self.readAhead && (long == nil || receives.hasRoom)
        case .receiving, .sendingLast, .leaving, .ended:
            return true
        }
    }

    /// A message is not whole yet.
    /// - Returns: whether more of it has been received.
    func goesOn() -> Bool {
        guard reception == nil, let exchange, let route = exchange.route, exchange.head.length > Self.shortMessage else { return false }
        // Where the line is full, it is decided upon when it is whole, as others are.
        guard receives.hasRoom || !core.messageHeld(for: route.endpoint) else {
            exchange.isMessageHeld = true
            awaited = .rest
            enter(.waiting)
            wait(toReceive: exchange.head.length, for: route.endpoint.id)
            return false
        }
        reception = receives.add(exchange.head.length)
        receiveRest()
        return true
    }

    private func wait(toReceive count: Int, for endpoint: Int) {
        guard inLine != endpoint else { return }
        inLine = endpoint
        waitNumber = receives.wait(self, toReceive: count, for: endpoint, isUnread: awaited == .next)
    }

    /// A message of so many bytes is whole.
    func received(_ count: Int) {
        guard count > Self.shortMessage, let route = exchange?.route else { return longMessages = nil }
        longMessages = LongMessages(bytes: count, endpoint: route.endpoint.id, count: 1 + (longMessages?.count ?? 0))
        if reception == nil { reception = receives.add(count) }
    }

    func mayReceive(_ ticket: ReceiveTurns.Ticket) {
        inLine = nil
        switch awaited {
        case .next where cycle.phase == .idle:
            reception = ticket
            if receiveNext(RequestReader.mostBytes) { return advance() }
            // It has not come yet.
            reception = nil
            receives.ended(ticket)
        case .rest:
            guard let exchange else { return receives.ended(ticket) }
            awaited = .nothing
            reception = receives.recount(ticket, as: exchange.head.length)
            exchange.waited = cycle.elapsed(at: loop.now)
            enter(.receiving)
            receiveRest()
            // A message that is whole keeps its place for its call.
            if reader.missing > 0 { exchange.releaseMessage(in: core) }
            advance()
        case .next, .nothing:
            receives.ended(ticket)
        }
    }

    func readBeginning(_ number: Int) {
        guard awaited == .next, number == waitNumber, cycle.phase == .idle else { return }
        if receiveNext(Self.beginning) { advance() }
    }

    /// Receives what has come of the next message, or has the channel wait for it.
    /// - Returns: whether something had come.
    func receiveNext(_ most: Int) -> Bool {
        guard awaited == .next, let context else { return false }
        awaited = .nothing
        if let socket, let longMessages {
            var bytes = ByteBufferAllocator().buffer(capacity: min(longMessages.bytes + reader.headLimit, most))
            // What else there may be to say of the socket is said to the channel.
            if case .moved(1...) = socket.receive(bytes.writableBytes, into: &bytes) {
                reader.append(&bytes)
                return true
            }
        }
        isReadHeld = false
        context.read()
        return false
    }

    private func receiveRest() {
        if let socket { reader.receive(from: socket) }
    }
}
