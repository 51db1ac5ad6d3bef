import Foundation
import NIOCore
import NIOTLS

/// Follows a script on one connection of a ``RawServer``.
final class RawScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// The connection, or the handshake, is not there yet. Next: between, over.
        case opening
        /// Between two steps, or before one that waits for bytes. Next: within, over.
        case between
        /// At a step that takes time. Next: between, over.
        case within(RawServer.Step)
        case over
    }

    /// What the handler for TLS is called.
    static let tlsName = "tls"

    private let connection: RawConnection
    private let isSecure: Bool
    private var steps: ArraySlice<RawServer.Step>
    private var phase = Phase.opening
    /// What came in and no step has taken yet.
    private var pending: [UInt8] = []

    init(_ script: [RawServer.Step], _ connection: RawConnection, isSecure: Bool) {
        steps = script[...]
        self.connection = connection
        self.isSecure = isSecure
    }

    func channelActive(context: ChannelHandlerContext) {
        if !isSecure {
            begin(context)
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            begin(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        pending.append(contentsOf: bytes)
        connection.append(bytes)
        switch phase {
        case .within(.readSlowly(let count, _, _)): endReading(count, context)
        case .between: proceed(context)
        case .opening, .within, .over: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let step: RawServer.Step?
        if case .within(let current) = phase {
            step = current
        } else {
            step = steps.first
        }
        phase = .over
        connection.finished(waitingAt: step)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.failed()
        context.close(promise: nil)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard case .opening = phase else { return }
        phase = .between
        proceed(context)
    }

    private func proceed(_ context: ChannelHandlerContext) {
        while case .between = phase, let step = steps.first, takeInput(of: step) {
            // Closing calls back into this handler, which then has to know that the step is done.
            steps.removeFirst()
            connection.began(step)
            perform(step, context)
        }
        switch phase {
        case .between, .over:
            if steps.isEmpty {
                connection.scriptEnd.succeed(())
            }
        case .opening, .within:
            break
        }
    }

    /// Ends a step that took time. What comes after the end of the connection is ignored.
    private func endStep(_ context: ChannelHandlerContext) {
        guard case .within = phase else { return }
        phase = .between
        proceed(context)
    }

    /// Takes the bytes that a step waits for, or says that there are too few yet.
    private func takeInput(of step: RawServer.Step) -> Bool {
        let length: Int?
        switch step {
        case .readRequest: length = Self.requestLength(in: pending)
        case .readBytes(let count): length = pending.count >= count ? count : nil
        case .readTLSRecord: length = Self.recordLength(in: pending)
        case .readSlowly, .stopReading, .send, .sendSlowly, .pause, .wait, .reached, .halfClose, .close, .closeSocket, .reset:
            length = 0
        }
        guard let length else { return false }
        pending.removeFirst(length)
        return true
    }

    private func perform(_ step: RawServer.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .readRequest, .readBytes, .readTLSRecord:
            break
        case .readSlowly(let count, let bytes, let period):
            phase = .within(step)
            set(.recvAllocator, FixedSizeRecvByteBufferAllocator(capacity: max(1, bytes)), context)
            set(.autoRead, false, context)
            endReading(count, context)
            readNext(every: period, context)
        case .stopReading:
            set(.autoRead, false, context)
        case .send(let bytes):
            phase = .within(step)
            write(bytes, context) { self.endStep(context) }
        case .sendSlowly(let bytes, let period):
            phase = .within(step)
            sendNext(of: bytes[...], every: period, context)
        case .pause(let duration):
            phase = .within(step)
            after(duration, context) { self.endStep(context) }
        case .wait(let gate):
            phase = .within(step)
            let loop = context.eventLoop
            let here = NIOLoopBound((handler: self, context: context), eventLoop: loop)
            gate.whenOpen {
                loop.execute { here.value.handler.endStep(here.value.context) }
            }
        case .reached(let gate):
            gate.open()
        case .halfClose:
            context.close(mode: .output, promise: nil)
        case .close:
            context.close(promise: nil)
        case .closeSocket:
            closeSocket(context)
        case .reset:
            // A socket that must not linger is closed with a reset.
            let lingering = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            let isSet = lingering ?? context.eventLoop.makeSucceededVoidFuture()
            isSet.assumeIsolated().whenComplete { _ in self.closeSocket(context) }
        }
    }

    // MARK: Reading slowly

    private func readNext(every period: Duration, _ context: ChannelHandlerContext) {
        guard case .within(.readSlowly) = phase else { return }
        context.read()
        after(period, context) { self.readNext(every: period, context) }
    }

    private func endReading(_ count: Int, _ context: ChannelHandlerContext) {
        guard case .within(.readSlowly) = phase, pending.count >= count else { return }
        pending.removeFirst(count)
        set(.recvAllocator, AdaptiveRecvByteBufferAllocator(), context)
        set(.autoRead, true, context)
        endStep(context)
    }

    // MARK: Sending

    private func sendNext(of bytes: ArraySlice<UInt8>, every period: Duration, _ context: ChannelHandlerContext) {
        guard case .within = phase else { return }
        guard let byte = bytes.first else { return endStep(context) }
        write([byte], context) {
            self.after(period, context) { self.sendNext(of: bytes.dropFirst(), every: period, context) }
        }
    }

    /// Where the bytes cannot be sent, the step never ends: the connection does.
    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext, then body: @escaping () -> Void) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).assumeIsolated().whenComplete { result in
            switch result {
            case .success: body()
            case .failure: context.close(promise: nil)
            }
        }
    }

    private func after(_ duration: Duration, _ context: ChannelHandlerContext, _ body: @escaping () -> Void) {
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(duration)) { body() }
    }

    private func set<Option: ChannelOption>(_ option: Option, _ value: Option.Value, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(option, value: value)
    }

    private func closeSocket(_ context: ChannelHandlerContext) {
        // What is closed at the handler for TLS does not pass it.
        let tls = try? context.pipeline.syncOperations.context(name: Self.tlsName)
        (tls ?? context).close(promise: nil)
    }

    // MARK: What is complete

    /// The length of the first request in `bytes`, or `nil` where it is not complete.
    static func requestLength(in bytes: [UInt8]) -> Int? {
        guard let headEnd = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: bytes[..<headEnd.lowerBound], as: UTF8.self)
        var bodyLength = 0
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "content-length" {
                bodyLength = Int(parts[1].filter { $0 != " " }) ?? 0
            }
        }
        let length = headEnd.upperBound + bodyLength
        return bytes.count >= length ? length : nil
    }

    /// The length of the first TLS record in `bytes` (RFC 8446, section 5.1), or `nil` where it is not complete.
    static func recordLength(in bytes: [UInt8]) -> Int? {
        guard bytes.count >= 5 else { return nil }
        let length = 5 + Int(bytes[3]) << 8 + Int(bytes[4])
        return bytes.count >= length ? length : nil
    }
}
