import ArgumentParser
import Dispatch
import TransportCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The signals with which a program is asked to stop, one after the other.
struct StopSignals {
    private let sources: [any DispatchSourceSignal]
    /// One element for each signal.
    private let stream: AsyncStream<Int32>
    /// Ends the stream.
    private let finish: @Sendable () -> Void

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        finish = { continuation.finish() }
        sources = [SIGINT, SIGTERM].map { number in
            // Otherwise the signal ends the program before anybody hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    /// Returns when everything has ended after the first signal, or after the second one.
    /// - Parameters:
    ///   - stop: ends everything in order.
    ///   - stopNow: ends everything at once; given the stopping that goes on.
    /// - Returns: the status of the program: 0, and where a second signal has ended it the one that says so, as shells do.
    /// - Throws: that status at the third signal, whatever goes on.
    func wait(
        stop: @escaping @Sendable () async -> Void,
        stopNow: @escaping @Sendable (Task<Void, Never>) async -> Void
    ) async throws(ExitCode) -> Int32 {
        let finish = finish
        let clock = ContinuousClock()
        let begin = clock.now
        var count = SignalCount()
        var stopping: Task<Void, Never>?
        var forced: Int32?
        for await signal in stream {
            let now = TransportInstant(nanoseconds: begin.duration(to: clock.now).inNanoseconds)
            guard count.counts(at: now) else { continue }
            guard let begun = stopping else {
                RunReport.line(.quiet, "stopping after the calls in flight; Ctrl-C again stops at once")
                stopping = Task {
                    await stop()
                    finish()
                }
                continue
            }
            guard forced == nil else { throw ExitCode(128 + signal) }
            forced = 128 + signal
            RunReport.line(.quiet, "stopping at once")
            Task {
                await stopNow(begun)
                finish()
            }
        }
        return forced ?? 0
    }
}
