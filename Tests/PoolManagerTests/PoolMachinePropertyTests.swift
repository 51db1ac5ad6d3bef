import Testing
import TransportCore

@testable import PoolManager

@Suite struct PoolMachinePropertyTests {
    @Test("whatever happens in whatever order, limits hold, the line is fair and nobody is forgotten", arguments: 1...UInt64(24))
    func keepsItsPromises(seed: UInt64) {
        let connections = [1, 2, 3, 8][Int(seed % 4)]
        let limits = PoolLimits(
            maxConnections: connections,
            maxIdle: [0, 1, connections][Int(seed % 3)],
            lifetime: seed % 2 == 0 ? .seconds(2) : nil,
            idleTime: seed % 5 == 0 ? .milliseconds(700) : nil,
            maxWaiting: [0, 2, 30][Int(seed % 3)]
        )
        var world = PoolWorld(limits: limits, seed: seed)
        for _ in 0..<3_000 {
            world.step()
        }
        #expect(world.granted > 100)
        #expect(world.failed > 0)
        world.shutDown()
        #expect(world.isSettled)
        world.wind()
        #expect(world.isFinished)
        #expect(world.machine.figures == PoolFigures())
    }
}
