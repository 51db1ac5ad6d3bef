public import Logging
import NIOConcurrencyHelpers

/// Keeps every message that its ``logger`` gets.
public final class RecordedLog: Sendable {
    /// One message.
    public struct Entry: Sendable {
        public let level: Logger.Level
        public let message: String
        public let metadata: [String: String]

        /// Everything that a file of the log would show of it.
        public var text: String {
            "\(level) \(message)" + metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        }
    }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
            log.keep(Entry(level: event.level, message: "\(event.message)", metadata: all))
        }
    }

    private let kept = NIOLockedValueBox<[Entry]>([])

    public init() {}

    /// Keeps what it is told, at every level.
    public var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    public var entries: [Entry] { kept.withLockedValue { $0 } }

    private func keep(_ entry: Entry) {
        kept.withLockedValue { $0.append(entry) }
    }
}
