import Foundation
import NIOCore

/// Follows a script on one connection of a ``RawServer``.
final class RawScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: RawConnection
    private var steps: ArraySlice<RawServer.Step>
    /// What came in and no step has taken yet.
    private var pending: [UInt8] = []

    init(_ script: [RawServer.Step], _ connection: RawConnection) {
        steps = script[...]
        self.connection = connection
    }

    func channelActive(context: ChannelHandlerContext) {
        proceed(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        connection.append(bytes)
        pending.append(contentsOf: bytes)
        proceed(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let step = steps.first {
            connection.scriptEnd.fail(ConnectionEndedEarly(step: step, received: connection.receivedText))
        }
        connection.end.succeed(())
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.failed()
        context.close(promise: nil)
    }

    private func proceed(_ context: ChannelHandlerContext) {
        while let step = steps.first, takeInput(of: step) {
            // Closing calls back into this handler, which then has to know that the step is done.
            steps.removeFirst()
            perform(step, context)
        }
        if steps.isEmpty {
            connection.scriptEnd.succeed(())
        }
    }

    /// Takes the bytes that a step waits for, or says that there are too few yet.
    private func takeInput(of step: RawServer.Step) -> Bool {
        let length: Int?
        switch step {
        case .readRequest: length = Self.requestLength(in: pending)
        case .readBytes(let count): length = pending.count >= count ? count : nil
        case .send, .close, .closeSocket, .reset: length = 0
        }
        guard let length else { return false }
        pending.removeFirst(length)
        return true
    }

    private func perform(_ step: RawServer.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .readRequest, .readBytes:
            break
        case .send(let bytes):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
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

    private func closeSocket(_ context: ChannelHandlerContext) {
        // What is closed at the handler for TLS does not pass it.
        let tls = try? context.pipeline.syncOperations.context(name: RawServer.tlsHandlerName)
        (tls ?? context).close(promise: nil)
    }

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
}
