import Foundation

/// The standard output.
enum Output {
    /// Writes text and the end of a line.
    /// - Throws: ``BenchmarkFailure`` where nobody takes it any more.
    static func write(_ text: String) throws {
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            let code = errno
            if count < 0, code == EINTR { continue }
            guard count > 0 else {
                // As the signal would that is ignored, but all that runs is stopped before.
                if code == EPIPE { Interruption.come(SIGPIPE) }
                throw BenchmarkFailure("the result cannot be written: \(String(cString: strerror(code)))")
            }
            rest = rest.dropFirst(count)
        }
    }
}
