internal import NIOCore
internal import TransportCore

/// When a connection reads, and how much.
///
/// Long messages are received in turn. What has come of one without a turn is its beginning only, by which it is known for whom it is; the rest
/// stays with the system. Where others wait, a client whose last message was long gets in line before anything of the next one
/// is read: when its turn has come, the message mostly has as well, and all of it is received at once, past the channel.
extension GatewayConnection: ReceiveTurns.Waiter {
    /// What a connection has to wait for its turn with.
    enum Awaited {
        case nothing
        /// The next message, of which nothing has been read.
        case next
        /// All of the message at hand but its beginning.
        case rest
    }

    /// A message that was received in turn.
    struct LongMessage {
        let bytes: Int
        let endpoint: Int
    }

    /// Messages of more bytes wait for their turn.
    private static let shortMessage = 32 << 10
    /// So many bytes are read without a turn, where there is no room for more.
    private static let beginning = 4 << 10
    /// The most bytes of one read.
    private static let mostBytes = 256 << 10
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

    /// Whether the channel is to read on. Otherwise ``resumeReading()`` or ``mayReceive(_:)`` goes on with it.
    private func readsOn() -> Bool {
        guard awaited == .nothing else { return false }
        switch cycle.phase {
        case .idle:
            guard let lastLong, !receives.hasRoom else { return true }
            awaited = .next
            receives.wait(self, toReceive: lastLong.bytes, for: lastLong.endpoint)
            return false
        case .waiting, .calling, .sending:
            return reader.unreadBytes < Self.readAhead && (lastLong == nil || receives.hasRoom)
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
            receives.wait(self, toReceive: exchange.head.length, for: route.endpoint.id)
            return false
        }
        reception = receives.add(exchange.head.length)
        receiveRest()
        return true
    }

    /// A message of so many bytes is whole.
    func received(_ count: Int) {
        guard count > Self.shortMessage, let route = exchange?.route else { return lastLong = nil }
        lastLong = LongMessage(bytes: count, endpoint: route.endpoint.id)
        if reception == nil { reception = receives.add(count) }
    }

    func mayReceive(_ ticket: RecentBytes.Ticket) {
        switch awaited {
        case .next where cycle.phase == .idle:
            reception = ticket
            if receiveNext() { return advance() }
            // It has not come yet.
            reception = nil
            receives.ended(ticket)
            isReadHeld = false
            context?.read()
        case .rest:
            awaited = .nothing
            reception = ticket
            enter(.receiving)
            receiveRest()
            // A message that is whole keeps its place for its call.
            if reader.missing > 0 { exchange?.releaseMessage(in: core) }
            advance()
        case .next, .nothing:
            awaited = .nothing
            receives.ended(ticket)
        }
    }

    /// Does not wait any more to receive what has come of the next message.
    /// - Returns: whether something had come.
    func receiveNext() -> Bool {
        guard awaited == .next else { return false }
        awaited = .nothing
        guard let socket, let lastLong else { return false }
        var bytes = ByteBufferAllocator().buffer(capacity: min(lastLong.bytes + reader.headLimit, Self.mostBytes))
        // What else there may be to say of the socket is said to the channel.
        guard case .moved(1...) = socket.receive(bytes.writableBytes, into: &bytes) else { return false }
        reader.append(&bytes)
        return true
    }

    private func receiveRest() {
        if let socket { reader.receive(from: socket) }
    }
}
