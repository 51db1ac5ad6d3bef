import TestSupport
import Testing

@Suite struct EventualTests {
    private struct Refused: Error, Equatable {}

    @Test("a value reaches those who wait and those who come later; the first one counts")
    func settling() async throws {
        let eventual = Eventual<Int>()
        #expect(eventual.current == nil)
        async let early = eventual.value("a number")
        eventual.succeed(1)
        eventual.succeed(2)
        eventual.fail(Refused())
        #expect(try await early == 1)
        #expect(try await eventual.value("a number") == 1)
        #expect(eventual.current == 1)
    }

    @Test("a failure reaches those who wait")
    func failing() async {
        let eventual = Eventual<Int>()
        eventual.fail(Refused())
        await #expect(throws: Refused()) { try await eventual.value("a number") }
    }

    @Test("what never comes is named after the limit")
    func limit() async throws {
        let eventual = Eventual<Int>()
        let error = await #expect(throws: WaitedTooLong.self) { try await eventual.value("a number", within: .milliseconds(1)) }
        #expect(error?.what == "a number")
    }

    @Test("whoever is cancelled waits no longer")
    func cancelling() async {
        let eventual = Eventual<Int>()
        let waiting = Task { try await eventual.value("a number") }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
