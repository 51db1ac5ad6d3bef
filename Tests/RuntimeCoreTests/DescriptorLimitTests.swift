import Testing

@testable import RuntimeCore

@Suite struct DescriptorLimitTests {
    @Test("connections leave descriptors to others")
    func lowering() {
        #expect(DescriptorLimit.lowering(1) == 1)
        #expect(DescriptorLimit.lowering(.max) < .max)
        #expect(DescriptorLimit.lowering(.max, leaving: 1) > DescriptorLimit.lowering(.max))
    }
}
