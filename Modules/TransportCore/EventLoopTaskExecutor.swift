public import NIOCore

/// Runs tasks on an event loop, so that those who make calls are where their connections are: then a call takes no change of
/// threads.
///
/// ```swift
/// await withTaskExecutorPreference(EventLoopTaskExecutor(loop)) { … }
/// ```
///
/// What runs so must not block or compute for long: everything else on the loop waits meanwhile.
///
/// `@unchecked Sendable`: what changes is touched on the loop only.
public final class EventLoopTaskExecutor: TaskExecutor, @unchecked Sendable {
    private let eventLoop: any EventLoop
    /// What has become ready on the loop itself, to be run on its next turn.
    private var ready: [UnownedJob] = []
    private var running: [UnownedJob] = []

    /// - Parameter eventLoop: a loop that goes on for as long as tasks run on it.
    public init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard eventLoop.inEventLoop else {
            return eventLoop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
        ready.append(job)
        if ready.count == 1 {
            eventLoop.execute { [self] in runReady() }
        }
    }

    /// Runs what was ready when its turn came. What becomes ready meanwhile has the next one, so that connections are not kept
    /// waiting by tasks.
    private func runReady() {
        swap(&ready, &running)
        let executor = asUnownedTaskExecutor()
        for job in running {
            job.runSynchronously(on: executor)
        }
        running.removeAll(keepingCapacity: true)
    }
}
