import TestSupport
import Testing
import TransportCore

/// The examples of `Documentation/Testing.md`. What stands between `begin` and `end` is its text.
@Suite struct TestingExamples {
    @Test("time is moved by the test")
    func manualLoop() {
        // begin manualloop
        let loop = ManualLoop()
        let fired = Eventual<Void>()
        loop.perform {  // on the loop, like all that touches loop-confined values
            _ = loop.schedule(at: loop.now.advanced(by: .seconds(10))) { fired.succeed(()) }
        }
        loop.advance(by: .seconds(10))  // fires what is due on the way, each at its own instant
        #expect(fired.current != nil)
        #expect(loop.timerCount == 0)  // nothing was left behind
        // end manualloop
    }
}
