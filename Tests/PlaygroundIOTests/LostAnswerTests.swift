import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing
import TransportCore

@testable import PlaygroundIO

/// Answers whose connection ends while they are sent.
@Suite struct LostAnswerTests {
    /// A socket that breaks when something is written: the end of the connection comes before the failure of the write.
    private final class BreakingSocket: ChannelOutboundHandler, Sendable {
        typealias OutboundIn = ByteBuffer

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            context.fireChannelInactive()
            promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    @Test("what nobody got is told once, however the connection ends", arguments: [true, false])
    func once(breaksWhileSending: Bool) async throws {
        let losses = NIOLockedValueBox(0)
        let limits = ConnectionMachine.Limits(body: 100, idle: .seconds(60), transfer: .seconds(60), farewell: .seconds(2))
        let channel = NIOAsyncTestingChannel()
        let loop = channel.testingEventLoop
        try await loop.executeInContext {
            let round = WriteRound { loop.execute($0) }
            let handler = ConnectionHandler(limits, inCrowd: limits, of: Crowd(limit: 10), headLimit: 100, in: round) { _, answered in
                var answer = HTTPAnswer(.ok)
                answer.whenLost = { losses.withLockedValue { $0 += 1 } }
                answered(answer)
                return .alone
            }
            try channel.pipeline.syncOperations.addHandlers([BreakingSocket(), handler])
        }
        try await loop.executeInContext {
            channel.pipeline.fireChannelRead(HTTPServerRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")))
            channel.pipeline.fireChannelRead(HTTPServerRequestPart.end(nil))
            if !breaksWhileSending {
                channel.pipeline.fireChannelInactive()
            }
        }
        await loop.run()
        try await eventually("the loss") { losses.withLockedValue { $0 } > 0 }
        // Whoever tells it twice does so at the same time.
        for _ in 0..<100 { await Task.yield() }
        await loop.run()
        #expect(losses.withLockedValue { $0 } == 1)
        _ = try? await channel.finish(acceptAlreadyClosed: true)
    }
}
