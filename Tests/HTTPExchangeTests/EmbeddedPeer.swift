import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import TestSupport
import TransportCore

@testable import HTTPExchange

/// An ``HTTPConnection`` without a socket, on a clock that the test moves.
final class EmbeddedPeer {
    let loop = ManualLoop(start: TransportInstant(nanoseconds: 1_000_000_000))
    let channel = EmbeddedChannel()
    let connection: HTTPConnection
    private let socket = HeldWrites()
    private let completions = NIOLockedValueBox<[Result<ExchangeResponse, RequestReplyFailure>]>([])
    private let closings = NIOLockedValueBox(0)

    /// - Parameters:
    ///   - isAlone: whether no other connection of the loop waits for an answer all the time.
    ///   - answerRoom: what answers count towards.
    ///   - later: runs what waits for the end of a round; by default at once.
    init(
        isAlone: Bool = true,
        answerRoom: AnswerRoom? = nil,
        _ later: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { $0() }
    ) throws {
        let round = WriteRound(later)
        if !isAlone { round.exchangeBegan(OtherConnection()) }
        let origin = Origin(place: .tcp(host: "h", port: 80), tls: nil)
        connection = HTTPConnection(channel, on: loop, in: round, to: origin, answerRoom: answerRoom)
        try channel.pipeline.syncOperations.addHandlers([socket, connection])
        channel.pipeline.fireChannelActive()
        loop.perform {
            connection.whenClosed { [closings] in closings.withLockedValue { $0 += 1 } }
        }
    }

    /// Begins an exchange.
    func exchange(
        bodySize: Int = 10,
        call: Duration = .seconds(60),
        read: Duration? = .seconds(10),
        write: Duration? = .seconds(5),
        payloadMaxBytes: Int = 1000
    ) throws {
        let limits = ExchangeLimits(
            call: Setting(call, from: .byDefault),
            connect: Setting(.seconds(10), from: .byDefault),
            read: read.map { Setting($0, from: .byDefault) },
            write: write.map { Setting($0, from: .byDefault) },
            payloadMaxBytes: Setting(payloadMaxBytes, from: .byDefault)
        )
        exchange(try Self.plan(path: "/path", limits), ByteBuffer(repeating: 0x78, count: bodySize))
    }

    /// Begins an exchange as a client does that has begun others before.
    func exchange(_ plan: ExchangePlan, _ body: ByteBuffer) {
        loop.perform {
            let deadline = loop.now.advanced(by: plan.limits.call.value)
            connection.exchange(plan, body: body, deadline: deadline) { [completions] result in
                completions.withLockedValue { $0.append(result) }
            }
        }
    }

    /// What all exchanges of a client have in common.
    static func plan(path: String, _ limits: ExchangeLimits) throws -> ExchangePlan {
        let url = try EndpointURL(parsing: "http://h\(path)")
        return ExchangePlan(head: ExchangeHead(try TCPResolver().route(for: url, tls: nil)), limits: limits)
    }

    /// Has the peer send something.
    func send(_ text: String) throws {
        try loop.perform { _ = try channel.writeInbound(ByteBuffer(string: text)) }
    }

    /// Has the peer end the connection.
    func end() {
        loop.perform { channel.pipeline.fireChannelInactive() }
    }

    /// Has the system report an error.
    func fail(_ error: any Error) {
        loop.perform { channel.pipeline.fireErrorCaught(error) }
    }

    /// How many parts of the request the system holds back.
    var heldParts: Int { socket.count }

    /// Lets the system take the next part of the request.
    func takePart() { loop.perform { socket.takeNext() } }

    func holdParts() { socket.isHolding = true }

    /// The bytes that went out.
    func sent() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) {
            text += String(buffer: part)
        }
        return text
    }

    var completionCount: Int { completions.withLockedValue { $0.count } }
    var closedCount: Int { closings.withLockedValue { $0 } }

    /// The answer of the last exchange.
    var response: ExchangeResponse? {
        guard case .success(let response)? = completions.withLockedValue({ $0.last }) else { return nil }
        return response
    }

    /// How the last exchange failed.
    var failure: RequestReplyFailure? {
        guard case .failure(let failure)? = completions.withLockedValue({ $0.last }) else { return nil }
        return failure
    }
}

/// Has sent something, and waits.
private final class OtherConnection: WriteRound.Connection {
    func flush() {}
}

/// A socket that takes only what it is told to.
private final class HeldWrites: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var isHolding = false
    private var held: [() -> Void] = []

    var count: Int { held.count }

    func takeNext() {
        guard !held.isEmpty else { return }
        held.removeFirst()()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isHolding else {
            context.write(data, promise: promise)
            return
        }
        // A channel that holds something back is not writable, as its marks have it.
        setWritable(false, context)
        held.append { [self] in
            context.writeAndFlush(data, promise: promise)
            if held.isEmpty {
                setWritable(true, context)
                context.fireChannelWritabilityChanged()
            }
        }
    }

    private func setWritable(_ isWritable: Bool, _ context: ChannelHandlerContext) {
        (context.channel as? EmbeddedChannel)?.isWritable = isWritable
    }
}
