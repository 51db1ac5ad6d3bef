import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A connection to a server, over which a test sends exact bytes and looks at the exact bytes that come back.
public final class WireClient: Sendable {
    private final class Reader: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let state = NIOLockedValueBox<(bytes: [UInt8], isEnded: Bool, waiting: [Waiter])>(([], false, []))

        struct Waiter: Sendable {
            let isSatisfied: @Sendable ([UInt8], Bool) -> Bool
            let eventual: Eventual<Void>
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            let more = buffer.readBytes(length: buffer.readableBytes) ?? []
            update { $0.bytes += more }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event {
                update { $0.isEnded = true }
            }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            update { $0.isEnded = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func update(_ change: (inout (bytes: [UInt8], isEnded: Bool, waiting: [Waiter])) -> Void) {
            let satisfied = state.withLockedValue { state in
                change(&state)
                let (bytes, isEnded, waiting) = state
                state.waiting = waiting.filter { !$0.isSatisfied(bytes, isEnded) }
                return waiting.filter { $0.isSatisfied(bytes, isEnded) }
            }
            for waiter in satisfied {
                waiter.eventual.succeed(())
            }
        }
    }

    private let reader: Reader
    private let channel: any Channel

    /// Connects to the URL of a server: `http://127.0.0.1:8090`, or `http+unix:///run/app.sock`.
    /// - Throws: an error of the system where nobody listens there.
    public init(to url: String) async throws {
        let reader = Reader()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { $0.pipeline.addHandler(reader) }
        if let path = url.split(separator: "+unix://").last, url.contains("+unix://") {
            channel = try await bootstrap.connect(unixDomainSocketPath: String(path)).get()
        } else {
            let authority = url.split(separator: "//").last ?? ""
            let colon = authority.lastIndex(of: ":") ?? authority.endIndex
            let host = authority[..<colon].filter { $0 != "[" && $0 != "]" }
            channel = try await bootstrap.connect(host: String(host), port: Int(authority[colon...].dropFirst()) ?? 0).get()
        }
        self.reader = reader
    }

    // A socket that stayed open would be taken for one of a later test, whose server may get the port of this one's.
    deinit {
        channel.close(promise: nil)
    }

    /// Sends text as it is.
    public func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Sends bytes as they are.
    public func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Stops reading, so that what the server sends stays on its side.
    public func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    /// Reads again after ``stopReading()``.
    public func readOn() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// Sends nothing more, but goes on reading.
    public func closeOutput() async throws {
        try await channel.close(mode: .output)
    }

    /// Closes the connection.
    public func close() async {
        try? await channel.close()
    }

    /// Every byte so far.
    public var received: [UInt8] { reader.state.withLockedValue(\.bytes) }

    /// ``received`` as text.
    public var receivedText: String { String(decoding: received, as: UTF8.self) }

    /// Waits until the server has closed the connection, or its side of it.
    /// - Throws: ``WaitedTooLong``.
    public func ended() async throws {
        try await wait("the end of the connection") { $1 }
    }

    /// Waits until what has come holds `text`.
    /// - Throws: ``WaitedTooLong``.
    public func received(containing text: String) async throws {
        try await wait("'\(text)'") { bytes, isEnded in isEnded || String(decoding: bytes, as: UTF8.self).contains(text) }
    }

    /// Waits for one whole answer and takes it off what has come.
    /// - Parameter hasBody: whether a body follows, as it does except after `HEAD`.
    /// - Throws: ``WaitedTooLong``, and ``NoAnswer`` where the connection ends before.
    public func answer(hasBody: Bool = true) async throws -> WireAnswer {
        try await wait("an answer") { bytes, isEnded in isEnded || WireAnswer.length(in: bytes, hasBody: hasBody) != nil }
        return try reader.state.withLockedValue { state in
            guard let length = WireAnswer.length(in: state.bytes, hasBody: hasBody) else {
                throw NoAnswer(received: String(decoding: state.bytes, as: UTF8.self))
            }
            defer { state.bytes.removeFirst(length) }
            return WireAnswer(Array(state.bytes[..<length]))
        }
    }

    private func wait(_ what: String, until isSatisfied: @escaping @Sendable ([UInt8], Bool) -> Bool) async throws {
        let eventual = Eventual<Void>()
        reader.update { $0.waiting.append(Reader.Waiter(isSatisfied: isSatisfied, eventual: eventual)) }
        try await eventual.value("\(what); received so far: \(receivedText)")
    }
}

/// The connection ended without an answer.
public struct NoAnswer: Error, CustomStringConvertible {
    /// What had come.
    public let received: String

    public var description: String { "no whole answer came, but '\(received)'" }
}

/// An answer as it came, with the length of its body told by `Content-Length`.
public struct WireAnswer: Sendable {
    /// The three digits of the status line.
    public let status: Int
    /// Names in lower case.
    public let fields: [String: String]
    public let body: [UInt8]

    /// ``body`` as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    fileprivate init(_ bytes: [UInt8]) {
        let (head, rest) = Self.head(of: bytes) ?? ([], bytes[...])
        status = head.first.flatMap { line in line.split(separator: " ").dropFirst().first.flatMap { Int($0) } } ?? 0
        fields = Self.fields(head)
        body = Array(rest)
    }

    /// How many of the bytes are the first answer; `nil` where it is not whole.
    fileprivate static func length(in bytes: [UInt8], hasBody: Bool) -> Int? {
        guard let (head, rest) = head(of: bytes) else { return nil }
        let count = hasBody ? fields(head)["content-length"].flatMap { Int($0) } ?? 0 : 0
        return rest.count < count ? nil : bytes.count - rest.count + count
    }

    private static func head(of bytes: [UInt8]) -> (lines: [String], rest: ArraySlice<UInt8>)? {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count >= end.count,
            let start = (0...(bytes.count - end.count)).first(where: { bytes[$0..<$0 + end.count].elementsEqual(end) })
        else { return nil }
        let lines = String(decoding: bytes[..<start], as: UTF8.self).split(separator: "\r\n").map(String.init)
        return (lines, bytes[(start + end.count)...])
    }

    private static func fields(_ head: [String]) -> [String: String] {
        let pairs = head.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            return (parts[0].lowercased(), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        return Dictionary(pairs) { "\($0), \($1)" }
    }
}
