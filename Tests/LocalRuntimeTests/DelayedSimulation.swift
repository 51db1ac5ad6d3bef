import RuntimeCore
import TestSupport
import Testing

@testable import LocalRuntime

/// Drives a window of delayed messages with random events beside a store that learns of them a little later.
struct DelayedSimulation {
    private enum Load {
        case none
        /// The store is asked; it has not looked yet.
        case asked(after: DelayedPlace?)
        /// It has looked.
        case read([DelayedMessage], isComplete: Bool)
    }

    private var random: SeededRandom
    private var window: DelayedWindow
    private let chunk: Int
    private var sequence: Int64 = 0
    private var now: Int64 = 0
    /// Everything that is still to be sent, by sequence.
    private var expected: [Int64: DelayedMessage] = [:]
    /// What the store knows of it.
    private var store: [Int64: DelayedMessage] = [:]
    private var load = Load.none

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        chunk = Int.random(in: 1...6, using: &random)
        window = DelayedWindow(capacity: Int.random(in: 2...12, using: &random))
    }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            step()
        }
        settle()
        now += 1_000
        settle()
        #expect(expected.isEmpty, "messages were never sent")
        #expect(window.count == 0)
    }

    private mutating func step() {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<7: add()
        case 7..<9: cancel()
        case 9..<11: store = expected
        case 11..<13:
            now += Int64.random(in: 0...20, using: &random)
            send()
        case 13..<19: goOnLoading()
        default: settle()
        }
    }

    private mutating func add() {
        sequence += 1
        let token = Int.random(in: 0..<6, using: &random)
        let message = DelayedMessage(
            due: WallTime(milliseconds: now + Int64.random(in: 0...60, using: &random)),
            message: StoredMessage(sequence: sequence, target: RuntimeAddress(functionType: "a/b", id: ""), invocation: []),
            cancellation: token > 3 ? nil : DelayedMessage.Cancellation(token: "\(token)", senderID: "")
        )
        expected[sequence] = message
        window.add(message)
    }

    private mutating func cancel() {
        sequence += 1
        let cancellation = DelayedMessage.Cancellation(token: "\(Int.random(in: 0..<4, using: &random))", senderID: "")
        expected = expected.filter { $0.value.cancellation != cancellation }
        window.cancel(cancellation, before: sequence)
    }

    private mutating func send() {
        for message in window.takeDue(at: WallTime(milliseconds: now)) {
            #expect(
                expected.removeValue(forKey: message.message.sequence) == message,
                "a message was sent twice, or after it was taken back"
            )
            #expect(message.due.milliseconds <= now, "a message was sent early")
        }
    }

    private mutating func goOnLoading() {
        switch load {
        case .none:
            guard window.needsLoad else { return }
            let horizon = window.horizon
            window.loadBegan()
            // What was sent until now is stored before the store is asked.
            store = expected
            load = .asked(after: horizon)
        case .asked(let place):
            if Int.random(in: 0..<10, using: &random) == 0 {
                window.loadFailed()
                load = .none
                return
            }
            let messages = store.values.filter { message in place.map { Self.place(of: message) > $0 } ?? true }
            let read = messages.sorted { Self.place(of: $0) < Self.place(of: $1) }.prefix(chunk)
            load = .read(Array(read), isComplete: read.count < chunk)
        case .read(let messages, let isComplete):
            window.loaded(messages, isComplete: isComplete)
            load = .none
            send()
        }
    }

    /// Reads and sends until everything that is due was sent.
    private mutating func settle() {
        send()
        var rounds = 0
        while rounds < 10_000, !isIdle {
            rounds += 1
            goOnLoading()
        }
        send()
        #expect(!expected.values.contains { $0.due.milliseconds <= now }, "a message is late")
    }

    private var isIdle: Bool {
        mutating get {
            guard case .none = load else { return false }
            return !window.needsLoad
        }
    }

    private static func place(of message: DelayedMessage) -> DelayedPlace {
        DelayedPlace(due: message.due, sequence: message.message.sequence)
    }
}
