internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import TransportCore

/// A connection that the thread which borrows it reads and writes by itself: what ``HTTPConnection`` does, without a loop.
///
/// `@unchecked Sendable`: one thread at a time has it, and it goes from one to the next under the pool's lock. What comes from elsewhere is
/// ``interrupt()``, which touches nothing but ``life`` under its lock, and ``isQuiet``, which only asks the socket.
final class SocketConnection: ThreadConnection, @unchecked Sendable {
    private struct Life {
        var isInterrupted = false
        var isClosed = false
    }

    /// What is in flight.
    private struct Exchange {
        let plan: ExchangePlan
        let deadline: TransportInstant
        /// What the system has not taken yet.
        var head: ByteBuffer
        var body: ByteBuffer
        /// How much it has taken of the part that the `write` limit counts for.
        var takenOfPart = 0
        /// When something was last sent or received.
        var lastProgress: TransportInstant
        /// Until when the rest of an answer that is no success is waited for.
        var pageEnd = TransportInstant.distantFuture
        /// What ended the connection, where that was an error.
        var error: IOError?

        /// Whether the system has not taken all of the request yet.
        var isSending: Bool { head.readableBytes > 0 || body.readableBytes > 0 }

        /// The moment at which the limit of a single read or write passes; `nil` where it is the call's that comes first.
        var singleLimit: TransportInstant? {
            let single = isSending ? plan.writeNanoseconds : plan.readNanoseconds
            guard let limit = single.map({ lastProgress.advanced(byNanoseconds: $0) }), limit < deadline else { return nil }
            return limit
        }

        var nextLimit: TransportInstant { min(singleLimit ?? deadline, pageEnd) }

        /// Notes that so many bytes were sent.
        mutating func sent(_ count: Int, at now: TransportInstant) {
            let ofHead = min(count, head.readableBytes)
            head.moveReaderIndex(forwardBy: ofHead)
            body.moveReaderIndex(forwardBy: count - ofHead)
            takenOfPart += count
            guard takenOfPart >= HTTPConnection.writePart || !isSending else { return }
            takenOfPart %= HTTPConnection.writePart
            lastProgress = now
        }
    }

    /// Where a connection comes from, and may return to.
    struct Home {
        let loop: any ChannelLoop
        let round: WriteRound
    }

    /// More room than this is not kept for the next answer.
    private static let keptBytes = 4_096

    let socket: SystemSocket
    private let origin: Origin
    private let home: Home
    private let waiting: any SocketWaiting
    private let life = NIOLockedValueBox(Life())
    private var reader = ResponseReader(limit: Setting(0, from: .byDefault))
    private var room = MessageRoom()
    private var received = ByteBuffer()
    private var sizes = HTTPConnection.readSizes
    private(set) var isReusable = true

    /// - Parameter socket: belongs to this connection from now on.
    init(_ socket: SystemSocket, to origin: Origin, from home: Home, waiting: any SocketWaiting = SystemSocketWaiting()) {
        self.socket = socket
        self.origin = origin
        self.home = home
        self.waiting = waiting
    }

    deinit {
        close()
    }

    var isQuiet: Bool { socket.isQuiet }

    func interrupt() {
        life.withLockedValue { life in
            guard !life.isClosed else { return }
            life.isInterrupted = true
            socket.end()
        }
    }

    func close() {
        life.withLockedValue { life in
            guard !life.isClosed else { return }
            life.isClosed = true
            socket.release()
        }
    }

    func attach(_ completion: @escaping @Sendable (Result<any PooledConnection, RequestReplyFailure>) -> Void) {
        let wasClosed = life.withLockedValue { life in
            defer { life.isClosed = true }
            return life.isClosed
        }
        guard !wasClosed else { return completion(.failure(origin.closedFailure(nil, wasUsed: true, hasBegun: false))) }
        let (origin, home) = (origin, home)
        // The socket belongs to the channel from now on.
        HTTPConnection.bootstrap(on: home.loop).withConnectedSocket(socket.descriptor).whenComplete { result in
            completion(
                Result {
                    let channel = try result.get()
                    let connection = HTTPConnection(channel, on: home.loop, in: home.round, to: origin, wasUsed: true)
                    try channel.pipeline.syncOperations.addHandler(connection)
                    return connection
                }
                .mapError { origin.closedFailure($0, wasUsed: true, hasBegun: false) }
            )
        }
    }

    func exchange(
        _ plan: ExchangePlan,
        body: ByteBuffer,
        deadline: TransportInstant
    ) -> Result<ExchangeResponse, RequestReplyFailure> {
        isReusable = false
        reader.reset(limit: plan.limits.payloadMaxBytes)
        let isSmall = body.readableBytes <= HTTPConnection.copiedBody
        var exchange = Exchange(
            plan: plan,
            deadline: deadline,
            head: room.message(plan.head.prefix, body: body, carryingIt: isSmall),
            body: isSmall ? ByteBuffer() : body,
            lastProgress: waiting.now
        )
        let result = Result { () throws(RequestReplyFailure) in try response(to: &exchange) }
        if received.capacity > Self.keptBytes { received = ByteBuffer() }
        let isInterrupted = life.withLockedValue { $0.isInterrupted }
        switch result {
        case .success:
            isReusable = reader.leavesConnectionReusable && !exchange.isSending && !isInterrupted
            return result
        case .failure:
            return isInterrupted ? .failure(RequestReplyFailure(.cancelled, "the call was cancelled")) : result
        }
    }

    private func response(to exchange: inout Exchange) throws(RequestReplyFailure) -> ExchangeResponse {
        // Each step is a short one, so that limits hold as well where the peer takes or sends without end.
        while true {
            send(&exchange)
            waiting.wait(for: socket, toSend: exchange.isSending && exchange.error == nil, until: exchange.nextLimit)
            if let response = try receive(&exchange) { return response }
            if exchange.nextLimit <= waiting.now { return try limitPassed(exchange) }
        }
    }

    private func limitPassed(_ exchange: Exchange) throws(RequestReplyFailure) -> ExchangeResponse {
        if let response = reader.abandoned() { return response }
        throw origin.limitFailure(
            exchange.plan.limits,
            isSingle: exchange.singleLimit != nil,
            isSending: exchange.isSending,
            reading: reader.activity
        )
    }

    /// Sends what the system takes at once.
    private func send(_ exchange: inout Exchange) {
        guard exchange.isSending, exchange.error == nil else { return }
        switch socket.send(exchange.head, exchange.body) {
        case .moved(let count): exchange.sent(count, at: waiting.now)
        case .blocked: break
        // What the peer has said before it left can still be read.
        case .failed(let error): exchange.error = error
        }
    }

    /// Reads what is there at once. Returns the response once it is complete.
    private func receive(_ exchange: inout Exchange) throws(RequestReplyFailure) -> ExchangeResponse? {
        let size = sizes.nextBufferSize() ?? Self.keptBytes
        received.clear(minimumCapacity: size)
        switch socket.receive(size, into: &received) {
        case .moved(0):
            return try connectionEnded(exchange)
        case .moved(let count):
            _ = sizes.record(actualReadBytes: count)
            exchange.lastProgress = waiting.now
            let response = try understood { reader throws(ResponseFault) in try reader.received(received) }
            if reader.isRefusal, exchange.pageEnd == .distantFuture {
                exchange.pageEnd = exchange.lastProgress.advanced(byNanoseconds: ResponseReader.pageNanoseconds)
            }
            return response
        case .blocked:
            return nil
        case .failed(let error):
            exchange.error = exchange.error ?? error
            return try connectionEnded(exchange)
        }
    }

    /// Nothing more arrives.
    private func connectionEnded(_ exchange: Exchange) throws(RequestReplyFailure) -> ExchangeResponse {
        let isOrderly = exchange.error == nil
        let response = try understood { reader throws(ResponseFault) in try reader.ended(orderly: isOrderly) }
        guard let response else {
            throw origin.closedFailure(exchange.error, wasUsed: true, hasBegun: reader.hasBegun)
        }
        return response
    }

    private func understood(
        _ read: (inout ResponseReader) throws(ResponseFault) -> ExchangeResponse?
    ) throws(RequestReplyFailure) -> ExchangeResponse? {
        do throws(ResponseFault) {
            return try read(&reader)
        } catch {
            // Threads get kept connections only.
            throw origin.unsoundFailure(error, wasUsed: true)
        }
    }
}
