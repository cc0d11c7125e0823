/** @param {string} city */
export const getWeather = (city) => `17 degrees and clear in ${city}`;
