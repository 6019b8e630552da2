/** Stands for the text editor that comes with Grafana's packages: no panel here has one. */
export const editor = {};
export const languages = {};
export default {};
