import Dispatch

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
    let stream: AsyncStream<Int32>
    /// Ends the stream.
    let finish: @Sendable () -> Void

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
}
