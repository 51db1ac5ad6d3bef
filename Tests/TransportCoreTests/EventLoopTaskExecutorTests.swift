import NIOCore
import NIOPosix
import Testing
import TransportCore

@Suite struct EventLoopTaskExecutorTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test("a task is on the loop, also after it has waited for something elsewhere")
    func staysOnTheLoop() async throws {
        let loop = loop
        let places = try await withTaskExecutorPreference(EventLoopTaskExecutor(loop)) {
            let before = loop.inEventLoop
            let other = try await MultiThreadedEventLoopGroup.singleton.next().submit { true }.get()
            let waited = await withCheckedContinuation { continuation in
                continuation.resume(returning: loop.inEventLoop)
            }
            return [before, other, waited, loop.inEventLoop]
        }
        #expect(places == [true, true, true, true])
    }

    @Test("every task has its turns, whoever else wants to go on at once")
    func turns() async {
        let executor = EventLoopTaskExecutor(loop)
        let count = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<100 {
                group.addTask(executorPreference: executor) {
                    for _ in 0..<100 { await Task.yield() }
                    return 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(count == 100)
    }

    @Test("what others hand to the loop is done while tasks go on for ever")
    func sharesTheLoop() async throws {
        let executor = EventLoopTaskExecutor(loop)
        let endless = Task(executorPreference: executor) {
            while !Task.isCancelled { await Task.yield() }
        }
        for _ in 0..<10 {
            #expect(try await loop.submit { true }.get())
        }
        endless.cancel()
        await endless.value
    }
}
