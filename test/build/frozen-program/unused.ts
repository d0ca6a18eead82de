/** The archive needs one module; the test is in the runtime. */
export default "unused";
