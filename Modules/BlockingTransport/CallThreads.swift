internal import NIOConcurrencyHelpers
internal import TransportCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A bounded set of threads. They start when there is work and none is free, are used again, and end after a minute
/// without work.
final class CallThreads: Sendable {
    typealias Work = @Sendable () -> Void
    typealias Refusal = @Sendable (RequestReplyFailure) -> Void

    /// What becomes of some work.
    enum Placement: Equatable {
        /// A thread has it.
        case running
        /// It stands in line, which it may ``leave(_:)``.
        case queued(CallLine<Waiting>.Number)
        /// It never runs.
        case refused
    }

    /// What a thread is to do next.
    private struct Order {
        /// `nil` to end the thread.
        let work: Work?
    }

    /// A thread is who takes orders from its box.
    private typealias CallThread = LetterBox<Order>

    struct Waiting {
        fileprivate let work: Work
        fileprivate let refuse: Refusal
    }

    private struct State {
        var idle: [CallThread] = []
        var running = 0
        var line = CallLine<Waiting>()
        var isShutDown = false
    }

    private enum Decision {
        case handTo(CallThread)
        case start
        case queued(CallLine<Waiting>.Number)
        case refuse(RequestReplyFailure)
    }

    /// How much work may wait for a thread.
    static let maxWaiting = 65_536

    /// How many threads there may be.
    let limit: Int
    private let idleSeconds: Double
    private let startThread: @Sendable (@escaping @Sendable () -> Void) -> Bool
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - idleSeconds: how long a thread without work stays.
    ///   - startThread: has something done by a new thread, or returns `false` where the system has none.
    init(
        limit: Int,
        idleSeconds: Double = 60,
        startThread: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool = ThreadStart.onSystemThread
    ) {
        self.limit = max(1, limit)
        self.idleSeconds = idleSeconds
        self.startThread = startThread
    }

    /// Runs `work` on a thread of its own, now or later; or calls `refuse` with the reason, where the line is full and when
    /// the threads are shut down before its turn comes.
    func run(_ work: @escaping Work, whenRefused refuse: @escaping Refusal) -> Placement {
        let decision = state.withLockedValue { state -> Decision in
            guard !state.isShutDown else { return .refuse(.tooLate) }
            if let thread = state.idle.popLast() { return .handTo(thread) }
            guard state.running < limit else {
                guard state.line.count < Self.maxWaiting else { return .refuse(lineFull) }
                return .queued(state.line.append(Waiting(work: work, refuse: refuse)))
            }
            state.running += 1
            return .start
        }
        return carryOut(decision, work, whenRefused: refuse)
    }

    private func carryOut(_ decision: Decision, _ work: @escaping Work, whenRefused refuse: @escaping Refusal) -> Placement {
        switch decision {
        case .handTo(let thread):
            thread.put(Order(work: work))
            return .running
        case .start: return start(work, whenRefused: refuse)
        case .queued(let number): return .queued(number)
        case .refuse(let failure):
            refuse(failure)
            return .refused
        }
    }

    /// Lets go of work that stands in line. It is neither run nor refused then; what is not in line any more is left alone.
    func leave(_ number: CallLine<Waiting>.Number) {
        state.withLockedValue { $0.line.leave(number) }
    }

    /// Refuses what waits, and ends the threads that have no work, and the others after theirs.
    func shutDown() {
        let (idle, waiting) = state.withLockedValue { state in
            state.isShutDown = true
            state.running -= state.idle.count
            defer { state.idle = [] }
            return (state.idle, state.line.removeAll())
        }
        for thread in idle {
            thread.put(Order(work: nil))
        }
        for entry in waiting {
            entry.refuse(.tooLate)
        }
    }

    private var lineFull: RequestReplyFailure {
        RequestReplyFailure(
            .poolExhausted,
            "too many calls (\(Self.maxWaiting)) wait for one of the \(limit) threads already; allow more threads or make fewer calls at a time"
        )
    }

    /// How many threads there are, busy or idle.
    var count: Int { state.withLockedValue { $0.running } }

    /// How much waits for one of them.
    var waitingCount: Int { state.withLockedValue { $0.line.count } }

    private func start(_ work: @escaping Work, whenRefused refuse: @escaping Refusal) -> Placement {
        let thread = CallThread()
        // In its box, and not in what the thread runs: that lives as long as the thread does.
        thread.put(Order(work: work))
        guard !startThread({ [self] in live(thread) }) else { return .running }
        return withoutThread(work, whenRefused: refuse)
    }

    /// The system has no thread for some work: it gets the next one of the others that is free.
    private func withoutThread(_ work: @escaping Work, whenRefused refuse: @escaping Refusal) -> Placement {
        let noThread = RequestReplyFailure(.poolExhausted, "the system has no thread for the call")
        let (decision, stranded) = state.withLockedValue { state -> (Decision, [Waiting]) in
            state.running -= 1
            guard !state.isShutDown else { return (.refuse(.tooLate), []) }
            if let thread = state.idle.popLast() { return (.handTo(thread), []) }
            // What has come to wait for this thread meanwhile would wait until somebody else has one started.
            guard state.running > 0 else { return (.refuse(noThread), state.line.removeAll()) }
            return (.queued(state.line.append(Waiting(work: work, refuse: refuse))), [])
        }
        for entry in stranded {
            entry.refuse(noThread)
        }
        return carryOut(decision, work, whenRefused: refuse)
    }

    /// The life of one thread.
    private func live(_ thread: CallThread) {
        thread.take()?.work?()
        while let work = nextWork(of: thread) { work() }
    }

    /// What a thread does next; `nil` to end it. Then it is not counted any more, from the moment on at which that is certain:
    /// nobody may leave work to a thread that is about to end.
    private func nextWork(of thread: CallThread) -> Work? {
        let (queued, isIdle) = state.withLockedValue { state -> (Work?, Bool) in
            if let queued = state.line.popFirst() { return (queued.work, false) }
            guard !state.isShutDown else {
                state.running -= 1
                return (nil, false)
            }
            state.idle.append(thread)
            return (nil, true)
        }
        guard isIdle else { return queued }
        if let handed = thread.take(within: idleSeconds) { return handed.work }
        let isStillIdle = state.withLockedValue { state in
            guard let index = state.idle.firstIndex(where: { $0 === thread }) else { return false }
            state.idle.remove(at: index)
            state.running -= 1
            return true
        }
        // Somebody who has taken this thread off the list hands it work in a moment.
        return isStillIdle ? nil : thread.take()?.work
    }
}

/// What a new thread runs.
final class ThreadStart {
    let body: () -> Void

    init(_ body: @escaping () -> Void) {
        self.body = body
    }

    static func onSystemThread(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = Unmanaged.passRetained(ThreadStart(body))
        guard !box.startThread() else { return true }
        box.release()
        return false
    }
}

extension Unmanaged<ThreadStart> {
    /// Starts a detached thread that takes over the reference. Returns whether there is one.
    fileprivate func startThread() -> Bool {
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 512 * 1024)
        #if canImport(Darwin)
            var thread: pthread_t?
            return pthread_create(&thread, &attributes, { Unmanaged<ThreadStart>.run($0) }, toOpaque()) == 0
        #else
            var thread = pthread_t()
            return pthread_create(&thread, &attributes, { Unmanaged<ThreadStart>.run($0) }, toOpaque()) == 0
        #endif
    }

    private static func run(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let pointer {
            Unmanaged<ThreadStart>.fromOpaque(pointer).takeRetainedValue().body()
        }
        return nil
    }
}
