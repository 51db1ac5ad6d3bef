package import Logging
package import NIOCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Has a listening channel wait a moment where the system has no file or no memory left for another connection (`accept(2)`, EMFILE,
/// ENFILE, ENOBUFS and ENOMEM). It would ask again at once otherwise, for nothing, with all the time of its loop.
///
/// To be the first handler of the channel.
package final class AcceptPause: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias OutboundIn = Never

    private static let pause = TimeAmount.milliseconds(100)
    private static let betweenWarnings = TimeAmount.seconds(60)
    private static let shortages: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private let logger: Logger
    private let whenShort: @Sendable () -> Void
    private var isPausing = false
    private var nextWarning = NIODeadline.uptimeNanoseconds(0)

    /// - Parameter whenShort: called each time, on the loop of the channel, to give back what can be spared.
    package init(logger: Logger, whenShort: @escaping @Sendable () -> Void) {
        self.logger = logger
        self.whenShort = whenShort
    }

    /// Adds one to a channel that listens.
    package static func add(to channel: any Channel, logger: Logger, whenShort: @escaping @Sendable () -> Void) {
        channel.eventLoop.execute {
            // It fails only where the channel has closed.
            try? channel.pipeline.syncOperations.addHandler(AcceptPause(logger: logger, whenShort: whenShort), position: .first)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError, Self.shortages.contains(error.errnoCode) {
            pause(context, error)
        }
        context.fireErrorCaught(error)
    }

    package func read(context: ChannelHandlerContext) {
        // When the pause ends, the channel reads anyway.
        guard !isPausing else { return }
        context.read()
    }

    private func pause(_ context: ChannelHandlerContext, _ error: IOError) {
        guard !isPausing, let options = context.channel.syncOptions else { return }
        isPausing = true
        // To ask for nothing is not enough: what was asked for has not come, and the channel goes on looking for it.
        try? options.setOption(.autoRead, value: false)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let (handler, context) = bound.value
            handler.isPausing = false
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        }
        let now = NIODeadline.now()
        if now >= nextWarning {
            nextWarning = now + Self.betweenWarnings
            logger.warning(
                "no connection can be accepted for now; let the process open more files (ulimit -n)",
                metadata: ["reason": "\(error)"]
            )
        }
        whenShort()
    }
}
