import Dispatch
import Foundation
import NIOConcurrencyHelpers

/// The signal that has asked this program to end, and the programs that have to end with it.
///
/// The one who measures always waits for another program. So ending those is enough: it gives up as after any other failure, and on its
/// way out it stops what it has started and removes its folder.
enum Interruption {
    private struct State {
        var signal: Int32?
        /// Programs that run, by their ids.
        var children: Set<Int32> = []
    }

    private static let state = NIOLockedValueBox(State())

    static var hasCome: Bool { state.withLockedValue { $0.signal != nil } }

    /// Begins to listen to signals.
    /// - Returns: what listens as long as somebody keeps it.
    static func watch() -> [any DispatchSourceSignal] {
        // A write to a program that has ended, or to an output that nobody reads, fails instead.
        signal(SIGPIPE, SIG_IGN)
        return [SIGINT, SIGTERM, SIGHUP].compactMap { number in
            let before = signal(number, SIG_IGN)
            // Whoever started this with `nohup` or in the background of a script wants it to stay so. Swift compares no pointers to C
            // functions, but their bits.
            if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { return nil }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { come(number) }
            source.resume()
            return source
        }
    }

    /// Ends everything because of a signal; a second one does not wait for it.
    static func come(_ number: Int32) {
        state.withLockedValue { state in
            for child in state.children {
                kill(child, state.signal == nil ? SIGTERM : SIGKILL)
            }
            state.signal = state.signal ?? number
        }
    }

    /// Starts a program, unless this one is to end.
    /// - Parameter start: returns the id of the process.
    /// - Throws: ``BenchmarkFailure``, and what `start` throws.
    static func begin(_ start: () throws -> Int32) throws {
        // Under the lock, so that no signal comes between the start and the entry.
        try state.withLockedValue { state in
            guard state.signal == nil else { throw BenchmarkFailure("interrupted") }
            state.children.insert(try start())
        }
    }

    /// To be called when a program has ended.
    static func ended(_ child: Int32) {
        state.withLockedValue { _ = $0.children.remove(child) }
    }

    /// Ends this program by the signal that has come, so that whoever started it sees which; returns where none has.
    static func endThisProgram() {
        guard let number = state.withLockedValue({ $0.signal }) else { return }
        signal(number, SIG_DFL)
        // Dispatch blocks what it listens to.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, number)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(number)
        exit(128 + number)
    }
}
